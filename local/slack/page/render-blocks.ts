import type { ActionElement, Block, Confirm, InputBlock, Option, Text } from '../blocks.ts';
import { type Html, html } from './html.ts';
import { type Names, renderMrkdwn, renderPlain } from './mrkdwn.ts';
import { renderChart } from './render-chart.ts';

/** Where blocks stand: in a message (its ts) or in a modal (its id), with the answers to a submission. */
export interface Place {
  readonly of: string;
  readonly names: Names;
  readonly nowMs: number;
  readonly errors?: Readonly<Record<string, string>>;
}

/** Blocks as a person sees them. */
export function renderBlocks(blocks: readonly Block[], place: Place): Html {
  return html`${blocks.map((block) => renderBlock(block, place))}`;
}

function renderBlock(block: Block, place: Place): Html {
  switch (block.type) {
    case 'header':
      return html`<h3 class="block header">${renderText(block.text, place)}</h3>`;
    case 'divider':
      return html`<hr class="block">`;
    case 'section': {
      const text = block.text && html`<div>${renderText(block.text, place)}</div>`;
      const fields = block.fields?.map((field) => html`<div>${renderText(field, place)}</div>`);
      const shown = html`<div class="text">${text}${fields && html`<div class="fields">${fields}</div>`}</div>`;
      return html`<div class="block section">${shown}${block.accessory && renderElement(block.accessory, place)}</div>`;
    }
    case 'context':
      return html`<div class="block context">${block.elements.map((text) => html`<span>${renderText(text, place)}</span>`)}</div>`;
    case 'actions':
      return html`<div class="block actions">${block.elements.map((element) => renderElement(element, place))}</div>`;
    case 'input':
      return renderInput(block, place);
    case 'data_visualization':
      return renderChart(block);
    default:
      return block satisfies never;
  }
}

function renderText(text: Text, { names, nowMs }: Place): Html {
  return text.type === 'plain_text' ? renderPlain(text.text, text.emoji) : renderMrkdwn(text.text, names, nowMs);
}

/** `data-key` keeps the element, and with it the focus, when the page is drawn again. */
function renderElement(element: ActionElement, place: Place): Html {
  const { action_id: key } = element;
  const act = html`data-act="${key}" data-of="${place.of}"`;
  const confirm = element.confirm && renderConfirm(element.confirm, place);
  if (element.type === 'button') {
    const label = element.accessibility_label && html`aria-label="${element.accessibility_label}"`;
    return html`<button type="button" class="button ${element.style}" data-key="${key}" ${act} ${label}>${renderText(element.text, place)}${confirm}</button>`;
  }
  if (element.type === 'static_select') {
    const label = html`aria-label="${element.placeholder?.text ?? 'Select an option'}"`;
    return html`<span class="select" data-key="${key}"><select ${act} ${label}>${renderOptions(element)}</select>${confirm}</span>`;
  }
  const items = element.options.map(({ text, value, description }) => {
    const more = description && html`<small>${renderText(description, place)}</small>`;
    return html`<button type="button" ${act} data-value="${value}">${renderText(text, place)}${more}${confirm}</button>`;
  });
  return html`<details class="overflow" data-key="${key}"><summary class="button" aria-label="More actions">⋯</summary><div class="menu">${items}</div></details>`;
}

/** Waits in the page until the script shows it. */
function renderConfirm(confirm: Confirm, place: Place): Html {
  const answer = (value: 'deny' | 'confirm', style: string) =>
    html`<button class="button ${style}" value="${value}">${renderText(confirm[value], place)}</button>`;
  return html`<template><form method="dialog"><h2>${renderText(confirm.title, place)}</h2><div class="text">${renderText(confirm.text, place)}</div><footer>${answer('deny', '')}${answer('confirm', confirm.style ?? 'primary')}</footer></form></template>`;
}

function renderOptions(select: {
  placeholder?: Text | undefined;
  options: Option[];
  initial_option?: Option | undefined;
}) {
  const options = select.options.map(({ text, value }) => {
    return html`<option value="${value}" ${value === select.initial_option?.value && 'selected'}>${text.text}</option>`;
  });
  return html`<option value="">${select.placeholder?.text ?? 'Select an option'}</option>${options}`;
}

function renderInput({ block_id: name, element, hint, optional, label }: InputBlock, place: Place): Html {
  const error = place.errors?.[name];
  const id = `${place.of}-${name}`;
  const title = html`${renderText(label, place)}${optional && html` <small>(optional)</small>`}`;
  const notes = html`<div id="${id}-notes">${hint && html`<p class="hint">${renderText(hint, place)}</p>`}${error && html`<p class="error" role="alert">${error}</p>`}</div>`;
  if (element.type === 'checkboxes') {
    const boxes = element.options.map(({ text, value }) => {
      const isChecked = element.initial_options?.some((each) => each.value === value);
      return html`<label><input type="checkbox" name="${name}" value="${value}" ${isChecked && 'checked'}> ${renderText(text, place)}</label>`;
    });
    return html`<fieldset class="block input" data-key="${id}"><legend>${title}</legend>${boxes}${notes}</fieldset>`;
  }
  const common = html`id="${id}" name="${name}" aria-describedby="${id}-notes" ${error && html`aria-invalid="true"`}`;
  return html`<div class="block input" data-key="${id}"><label class="name" for="${id}">${title}</label>${renderField(element, common)}${notes}</div>`;
}

function renderField(element: Exclude<InputBlock['element'], { type: 'checkboxes' }>, common: Html): Html {
  if (element.type === 'static_select') return html`<select ${common}>${renderOptions(element)}</select>`;
  const { placeholder, initial_value: value, min_length: min = 0, max_length: max = 3_000 } = element;
  const all = html`${common} placeholder="${placeholder?.text}" minlength="${min}" maxlength="${max}"`;
  return element.multiline
    ? html`<textarea rows="4" ${all}>${value}</textarea>`
    : html`<input type="text" value="${value}" ${all}>`;
}

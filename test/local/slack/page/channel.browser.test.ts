import type { Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { describeWith } from '../../../support/needs.ts';
import { SOON } from '../../../support/soon.ts';
import { actions, button, confirm, modal, plain, section } from '../support/blocks.ts';
import { type Browser, launchBrowser } from '../support/browser.ts';
import { CHANNEL, closeStages, ON_CALL, SECOND, type SlackStage, slackStage } from '../support/slack-stage.ts';

describeWith('chromium', 'the page of the local Slack', () => {
  let browser: Browser;
  let stage: SlackStage;
  let page: Page;
  const problems: string[] = [];

  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser.close());
  beforeEach(async () => {
    stage = await slackStage();
    page = await browser.context.newPage();
    page.on('pageerror', ({ message }) => problems.push(message));
    await page.goto(stage.slack.pageUrl(ON_CALL));
  });
  afterEach(async () => {
    await page.close();
    await closeStages();
    expect(problems.splice(0)).toEqual([]);
  });

  const message = (text: string) => page.getByRole('main').getByRole('article').filter({ hasText: text });
  const press = (name: string, inside: Page | Locator = page) =>
    inside.getByRole('button', { name, exact: true }).click();
  const pressed = () => stage.delivered.map(({ payload }) => payload.actions?.[0].action_id);
  const focused = () => page.evaluate<string>('document.activeElement.textContent');
  async function postCard(more: object = {}): Promise<string> {
    const menu = { type: 'overflow', action_id: 'menu', options: [{ text: plain('Roll back'), value: 'back' }] };
    const row = { type: 'actions', elements: [button('Restart', { confirm }), button('I have it'), menu] };
    const card = { channel: CHANNEL, text: 'card', blocks: [section('38 of 50'), row] as never, ...more };
    return (await stage.client.chat.postMessage(card)).ts ?? '';
  }
  /** What is asked for at such an address waits until it is released. */
  async function holdPages(address: RegExp): Promise<() => void> {
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    await page.route(address, async (route) => {
      await gate;
      await route.continue();
    });
    return release;
  }
  async function openModal(): Promise<Locator> {
    stage.handle(async ({ trigger_id }) => {
      await stage.client.views.open({ trigger_id, view: modal });
      return { statusCode: 200 };
    });
    await postCard();
    await press('I have it');
    const dialog = page.getByRole('dialog', { name: 'Silence' });
    await dialog.waitFor();
    return dialog;
  }

  it('shows a message and its edits without a reload', async () => {
    const ts = await postCard();
    await message('38 of 50').waitFor();
    await stage.client.chat.update({ channel: CHANNEL, ts, text: 'card', blocks: [section('*6* of 50')] });
    await message('6 of 50').waitFor();
    expect(await message('38 of 50').count()).toBe(0);
    expect(await message('6 of 50').getByText('(edited)').count()).toBe(0);
    expect(await page.getByRole('log').count()).toBe(1);
  });

  it('asks before it presses, and Cancel, Escape and OK do what they say', async () => {
    await postCard();
    const dialog = page.getByRole('dialog', { name: 'Please confirm' });
    await press('Restart');
    await press('No', dialog);
    await press('Restart');
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
    expect(stage.delivered).toEqual([]);
    await press('Restart');
    await press('Go', dialog);
    await expect.poll(pressed, SOON).toEqual(['Restart']);
  });

  it('keeps an open question open while the card behind it changes', async () => {
    const ts = await postCard();
    await press('Restart');
    await stage.client.chat.update({ channel: CHANNEL, ts, text: 'card', blocks: [section('changed')] });
    await message('changed').waitFor();
    expect(await page.getByRole('dialog', { name: 'Please confirm' }).isVisible()).toBe(true);
  });

  it('keeps the focus on a button while the card around it changes', async () => {
    const ts = await postCard();
    await message('38 of 50').getByRole('button', { name: 'I have it' }).focus();
    const blocks = [section('39 of 50'), actions(button('New'), button('I have it'))];
    await stage.client.chat.update({ channel: CHANNEL, ts, text: 'card', blocks });
    await message('39 of 50').waitFor();
    expect(await focused()).toBe('I have it');
    await stage.client.chat.update({ channel: CHANNEL, ts, text: 'card', blocks: [section('40 of 50')] });
    await message('40 of 50').waitFor();
    expect(await page.evaluate("document.activeElement.matches('.message')")).toBe(true);
  });

  it('says a card that becomes another one where a screen reader hears it, and fresh figures not at all', async () => {
    const header = (text: string) => [{ type: 'header', text: plain(text) }, section('38 of 50')] as never;
    const { ts = '' } = await stage.client.chat.postMessage({
      channel: CHANNEL,
      text: 'card',
      blocks: header('Critical'),
    });
    await message('38 of 50').waitFor();
    const change = (blocks: never) => stage.client.chat.update({ channel: CHANNEL, ts, text: 'card', blocks });
    await change([{ type: 'header', text: plain('Critical') }, section('40 of 50')] as never);
    await message('40 of 50').waitFor();
    expect(await page.locator('#news').textContent()).toBe('');
    await change(header('Recovered'));
    await expect.poll(() => page.locator('#news').textContent(), SOON).toBe('Recovered');
  });

  it('shows a private note only to its reader', async () => {
    await stage.client.chat.postEphemeral({ channel: CHANNEL, user: SECOND, text: 'You may not.' });
    await postCard();
    await message('38 of 50').waitFor();
    expect(await message('You may not.').count()).toBe(0);
    await page.getByLabel('You are').selectOption('second');
    await message('You may not.').getByText('Only visible to you').waitFor();
  });

  it('presses as the person who is chosen, even while their page is still on its way', async () => {
    await postCard();
    await message('38 of 50').waitFor();
    const release = await holdPages(/user=U0SECOND01/);
    await page.getByLabel('You are').selectOption('second');
    await press('I have it');
    await expect.poll(() => stage.delivered.map(({ payload }) => payload.user.id), SOON).toEqual([SECOND]);
    await stage.client.chat.postMessage({ channel: CHANNEL, text: 'news' });
    expect(await page.locator('#app').getAttribute('data-user')).toBe(ON_CALL);
    release();
    await message('news').waitFor();
    expect(await page.locator('#app').getAttribute('data-user')).toBe(SECOND);
  });

  it('shows nothing of a page that was left before it came', async () => {
    await postCard();
    await message('38 of 50').waitFor();
    const person = page.getByLabel('You are');
    const [former, next] = [await holdPages(/user=U0ONCALL01/), await holdPages(/user=U0SECOND01/)];
    const asked = page.waitForRequest(/user=U0ONCALL01/);
    await stage.client.chat.postMessage({ channel: CHANNEL, text: 'news' });
    await asked;
    await person.selectOption('second');
    const afterwards = page.waitForRequest(/user=U0SECOND01/);
    former();
    await afterwards;
    expect([await message('news').count(), await person.inputValue()]).toEqual([0, SECOND]);
    next();
    await message('news').waitFor();
    expect(await page.locator('#app').getAttribute('data-user')).toBe(SECOND);
  });

  it('opens a thread beside the channel, and closes it', async () => {
    const thread_ts = await postCard();
    await stage.client.chat.postMessage({ channel: CHANNEL, thread_ts, text: 'Restarted 3 workers.' });
    await page.getByRole('link', { name: '1 reply' }).click();
    const thread = page.getByRole('complementary', { name: 'Thread' });
    await thread.getByText('Restarted 3 workers.').waitFor();
    await stage.client.chat.postMessage({ channel: CHANNEL, thread_ts, text: 'It helped.' });
    await thread.getByText('It helped.').waitFor();
    await thread.getByRole('textbox').fill('Thank you');
    await thread.getByRole('textbox').press('Enter');
    await thread.getByText('Thank you').waitFor();
    await thread.getByRole('link', { name: 'Close thread' }).click();
    await thread.waitFor({ state: 'detached' });
    expect(await message('It helped.').count()).toBe(0);
  });

  it('fills, corrects and submits a modal', async () => {
    const dialog = await openModal();
    stage.handle(async ({ view }) => {
      const isShort = view.state.values.why.text.value === 'x';
      const answer = { response_action: 'errors', errors: { why: 'Say more.' } };
      return { statusCode: 200, body: isShort ? JSON.stringify(answer) : '' };
    });
    await dialog.getByLabel('Reason').fill('x');
    await dialog.getByLabel('How long').selectOption('2 hours');
    await dialog.getByLabel('Tell the others').check();
    await press('Silence it', dialog);
    await dialog.getByText('Say more.').waitFor();
    expect(await dialog.getByLabel('Reason').inputValue()).toBe('x');
    await dialog.getByLabel('Reason').fill('longer');
    await press('Silence it', dialog);
    await dialog.waitFor({ state: 'detached' });
    await expect.poll(focused, SOON).toBe('I have it');
    expect(stage.delivered.at(-1)?.payload.view.state.values).toMatchObject({
      why: { text: { value: 'longer' } },
      long: { choice: { selected_option: { value: '120' } } },
      also: { boxes: { selected_options: [{ value: 'tell' }] } },
    });
  });

  it('puts a second modal on top of the first, and goes back to it', async () => {
    const first = await openModal();
    const view = { ...modal, title: plain('Really?') };
    stage.handle(async () => ({ statusCode: 200, body: JSON.stringify({ response_action: 'push', view }) }));
    await first.getByLabel('Reason').fill('x');
    await first.getByLabel('How long').selectOption('2 hours');
    await press('Silence it', first);
    const second = page.getByRole('dialog', { name: 'Really?' });
    await second.waitFor();
    await press('Cancel', second);
    await first.waitFor();
  });

  it('keeps what was typed into a modal while the channel changes', async () => {
    const dialog = await openModal();
    await dialog.getByLabel('Reason').fill('half a sent');
    await stage.client.chat.postMessage({ channel: CHANNEL, text: 'news' });
    await message('news').waitFor();
    expect(await dialog.getByLabel('Reason').inputValue()).toBe('half a sent');
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    await expect.poll(focused, SOON).toBe('I have it');
  });

  it('says so when a click fails', async () => {
    stage.handle(async () => ({ statusCode: 500 }));
    await postCard();
    await press('I have it');
    await page.getByRole('alert').getByText('Runbell responded with status 500').waitFor();
  });

  it('needs no mouse', async () => {
    await postCard();
    await message('38 of 50').getByRole('button', { name: 'Restart' }).focus();
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('Go');
    await page.keyboard.press('Enter');
    await expect.poll(pressed, SOON).toEqual(['Restart']);
    expect(await focused()).toContain('Restart');
    for (const key of ['Tab', 'Tab', 'Enter', 'Tab']) await page.keyboard.press(key);
    expect(await focused()).toBe('Roll back');
    await page.keyboard.press('Enter');
    await expect.poll(pressed, SOON).toEqual(['Restart', 'menu']);
    expect(await focused()).toBe('⋯');
  });

  it('fits a phone', async () => {
    await postCard({
      text: 'x'.repeat(300),
      blocks: [section(`\`${'long-host-name.'.repeat(14)}\``), actions(button('Go'))],
    });
    await page.setViewportSize({ width: 390, height: 844 });
    await message('long-host').waitFor();
    const rights = "[...document.querySelectorAll('*')].map((each) => each.getBoundingClientRect().right)";
    const widths = await page.evaluate<number[]>(rights);
    expect(Math.max(...widths)).toBeLessThanOrEqual(390);
  });

  it('says so when Slack is gone', async () => {
    await stage.slack.close();
    await page.getByText('Connection lost').waitFor();
  });
});

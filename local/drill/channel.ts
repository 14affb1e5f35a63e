import * as z from 'zod';
import { CHANNEL_NAME } from '../loop.ts';
import type { LocalSlack } from '../slack/local-slack.ts';

const words = z.object({ text: z.string() });
const choice = z.object({ value: z.string() });
const element = z.object({
  action_id: z.string().optional(),
  value: z.string().optional(),
  text: z.union([z.string(), words]).optional(),
  options: z.array(choice).optional(),
  initial_options: z.array(choice).optional(),
});
const block = z.object({
  block_id: z.string(),
  text: words.optional(),
  elements: z.array(element).optional(),
  element: element.optional(),
});
const message = z.object({
  ts: z.string(),
  text: z.string(),
  blocks: z.array(block),
  replies: z.array(words),
  ephemeralFor: z.string().optional(),
});
const messagesSchema = z.object({ messages: z.array(message) });
const view = z.object({ id: z.string(), title: words, submit: z.unknown(), blocks: z.array(block) });
const viewsSchema = z.object({ views: z.array(z.object({ user: z.string(), view })) });
const deliverySchema = z.object({ status: z.number().nullable(), ms: z.number() });

export type Message = z.output<typeof message>;
export type Form = z.output<typeof view>;
export type Delivery = z.output<typeof deliverySchema>;

/** The channel as people use it: what they see, press, fill in and type. */
export class Channel {
  readonly #slack: Pick<LocalSlack, 'url' | 'pageHeaders'>;

  constructor(slack: Pick<LocalSlack, 'url' | 'pageHeaders'>) {
    this.#slack = slack;
  }

  /** Messages that everybody sees, oldest first, each with its thread. */
  async messages(): Promise<readonly Message[]> {
    const { messages } = messagesSchema.parse(await this.#get(`/api/channels/${CHANNEL_NAME}/messages`));
    return messages.filter(({ ephemeralFor }) => ephemeralFor === undefined);
  }

  /** What only this person was told, oldest first. */
  async notes(user: string): Promise<readonly string[]> {
    return messagesSchema.parse(await this.#get(`/api/ephemerals?user=${user}`)).messages.map(({ text }) => text);
  }

  /** The form on this person's screen. */
  async form(user: string): Promise<Form | null> {
    const { views } = viewsSchema.parse(await this.#get('/api/views'));
    return views.findLast((one) => one.user === user)?.view ?? null;
  }

  press(user: string, { ts }: Pick<Message, 'ts'>, actionId: string, value?: string): Promise<Delivery> {
    return this.#act('/api/click', { user, ts, actionId, value });
  }

  /** As somebody sends it who changes nothing but what is given here; `times`: so often the network delivers it. */
  send(user: string, form: Form, changed: Readonly<Record<string, string>> = {}, times = 1): Promise<Delivery> {
    const ticked = form.blocks.flatMap(({ block_id, element: one }) =>
      one?.initial_options === undefined ? [] : [[block_id, one.initial_options.map(({ value }) => value)]],
    );
    const values = { ...Object.fromEntries(ticked), ...changed };
    return this.#act('/api/submit', { user, viewId: form.id, values, times });
  }

  async close(user: string, form: Form): Promise<void> {
    await this.#post('/api/close', { user, viewId: form.id });
  }

  type(user: string, text: string): Promise<Delivery> {
    return this.#act('/api/say', { user, channel: CHANNEL_NAME, text });
  }

  async #act(path: string, body: object): Promise<Delivery> {
    return deliverySchema.parse(await this.#post(path, body));
  }

  #get(path: string): Promise<unknown> {
    return this.#ask(path, {});
  }

  #post(path: string, body: object): Promise<unknown> {
    return this.#ask(path, { method: 'POST', body: JSON.stringify(body) });
  }

  async #ask(path: string, what: RequestInit): Promise<unknown> {
    const { url, pageHeaders } = this.#slack;
    const headers = { ...pageHeaders, 'content-type': 'application/json' };
    return (await fetch(url + path, { ...what, headers })).json();
  }
}

/** Everything that can be pressed on it, in order. */
export function actionsOf({ blocks }: Message) {
  return blocks.flatMap(({ elements = [] }) =>
    elements.flatMap(({ action_id: actionId, ...rest }) => (actionId === undefined ? [] : [{ actionId, ...rest }])),
  );
}

/** Everything that it says. */
export function wordsOf({ blocks }: Message | Form): string {
  const said = (text: string | { readonly text: string } | undefined) => (typeof text === 'string' ? text : text?.text);
  return blocks.flatMap((one) => [one.text?.text, ...(one.elements ?? []).map(({ text }) => said(text))]).join('\n');
}

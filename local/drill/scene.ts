import { createHash } from 'node:crypto';
import { GLOBAL_CHAIN, type TimelineEntry } from '../../functions/core/model/timeline.ts';
import { checkChain } from '../../functions/core/timeline/chain.ts';
import type { Loop } from '../loop.ts';
import { actionsOf, Channel, type Delivery, type Form, type Message, wordsOf } from './channel.ts';
import { until } from './until.ts';

/** One thing that a person should see, and what there was to see. */
export interface Finding {
  readonly what: string;
  readonly isRight: boolean;
  readonly saw: unknown;
}

/** The rest of a story makes no sense without what did not come. */
export class StoryOver extends Error {}

const PRESSES_MAX = 5;
const ENTRIES_MAX = 1000;
const SEEN_MS_MAX = 60_000;
const CARD_MS_MAX = 120_000;
const RUN_MS_MAX = 240_000;
export const CURE = 'restart-workers';
/** How severe it is depends on how soon it was seen. */
export const TROUBLE = /Warning|Critical/;

/** A story on its way: the loop, its channel, and what was found right and wrong so far. */
export class Scene {
  readonly loop: Loop;
  readonly channel: Channel;
  readonly findings: Finding[] = [];

  constructor(loop: Loop) {
    this.loop = loop;
    this.channel = new Channel(loop.slack);
  }

  /** True now, or wrong. */
  holds(what: string, isRight: boolean, saw: unknown): void {
    this.findings.push({ what, isRight, saw });
  }

  /** True soon, or the story is over. */
  async comes<T>(what: string, look: () => Promise<T | null>, msMax = SEEN_MS_MAX): Promise<T> {
    const seen = await until(msMax, look);
    this.holds(what, seen !== null, seen === null ? await this.#everything() : undefined);
    if (seen === null) throw new StoryOver(what);
    return seen;
  }

  /** The one card, once it says this and offers that. */
  card(says: RegExp, offers = '', msMax = CARD_MS_MAX): Promise<Message> {
    const what = offers === '' ? `a card says ${says}` : `a card says ${says} and offers ${offers}`;
    return this.comes(
      what,
      async () =>
        (await this.channel.messages()).find(
          (one) => says.test(`${one.text}\n${wordsOf(one)}`) && (offers === '' || actionOf(one, offers) !== null),
        ) ?? null,
      msMax,
    );
  }

  press(user: string, card: Message, offer: string) {
    const action = actionOf(card, offer);
    if (action === null) throw new StoryOver(`there is no ${offer} on the card`);
    return this.picks(user, card, action.actionId, action.value);
  }

  /** Presses a button that asks first, and waits for what its form shows. */
  async asks(user: string, card: Message, offer: string): Promise<Form> {
    await this.press(user, card, offer);
    return this.comes(`${user} presses ${offer} and the form is filled`, async () => {
      const form = await this.channel.form(user);
      return form === null || (form.submit === null && !/Not possible/.test(form.title.text)) ? null : form;
    });
  }

  picks(user: string, message: Message, actionId: string, value: string | undefined): Promise<Delivery> {
    return insists(() => this.channel.press(user, message, actionId, value));
  }

  sends(user: string, form: Form, changed: Readonly<Record<string, string>> = {}, times = 1): Promise<Delivery> {
    return insists(() => this.channel.send(user, form, changed, times));
  }

  /** Starts a runbook as it is offered, without giving the workers time to finish. */
  async starts(user: string, card: Message, offer = CURE): Promise<void> {
    const isAtOnce = actionOf(card, offer)?.actionId.startsWith('run:') === true;
    const { status } = isAtOnce
      ? await this.press(user, card, offer)
      : await this.sends(user, await this.asks(user, card, offer), { 'choice:DrainSeconds': '2' });
    this.holds(`${user} starts ${offer} and it is taken`, status === 200, status);
  }

  /** What only this person is told, beyond what they were told before. */
  async told(user: string, says: RegExp, before: readonly string[] = []): Promise<string> {
    return this.comes(`only ${user} is told ${says}`, async () => {
      const fresh = (await this.channel.notes(user)).slice(before.length);
      return fresh.find((note) => says.test(note)) ?? null;
    });
  }

  /** A thread follows its card a moment later. */
  async threadSays(says: RegExp): Promise<void> {
    await this.comes(`a thread says ${says}`, async () =>
      (await this.channel.messages()).some((one) => says.test(threadOf(one))) ? true : null,
    );
  }

  /** The cure helps, it ran as often as it should, and there is one card for all of it. */
  async recovers(runs: number): Promise<void> {
    await this.card(/Recovered/, '', RUN_MS_MAX);
    await this.ran(runs);
    const isCard = (one: Message) => actionsOf(one).some(({ actionId }) => actionId === 'details');
    const cards = (await this.channel.messages()).filter(isCard).map(({ text }) => text);
    this.holds('there is one card', cards.length === 1, cards);
    await this.threadSays(/started "Restart workers".*: done.*it helped/s);
  }

  async ran(times: number): Promise<void> {
    const sent = await this.loop.commandsSent();
    this.holds(`Systems Manager was given ${times} command${times === 1 ? '' : 's'}`, sent.length === times, sent);
  }

  /** The timeline of the card's incident has these in this order, and nobody touched it. It is written after the card. */
  async remembers(...steps: readonly string[]): Promise<void> {
    const chains = await until(SEEN_MS_MAX, async () => {
      const read = await this.#chains();
      return isInOrder(steps, toldBy(read)) ? read : null;
    });
    const read = chains ?? (await this.#chains());
    const hash = (text: string) => createHash('sha256').update(text).digest('hex');
    const checks = read.map((one) => checkChain(one, Date.now(), hash));
    const isWhole = checks.every(({ kind }) => kind === 'whole');
    this.holds('the timeline is whole', isWhole, checks);
    this.holds(`the timeline tells: ${steps.join(', ')}`, chains !== null, toldBy(read));
  }

  async #chains() {
    const { timeline } = this.loop.stores;
    const global = await timeline.read(GLOBAL_CHAIN, ENTRIES_MAX);
    const incidentId = global.entries.find(({ what }) => what === 'opened')?.refs['incidentId'] ?? '';
    return [global, await timeline.read(incidentId, ENTRIES_MAX)];
  }

  async #everything(): Promise<object> {
    const messages = await this.channel.messages();
    return messages.map((one) => ({ says: wordsOf(one), thread: threadOf(one), offers: actionsOf(one) }));
  }
}

/** Who is shown that nobody answered in time, as it happens on a busy machine, presses again. */
async function insists(press: () => Promise<Delivery>): Promise<Delivery> {
  let answer = await press();
  for (let presses = 1; answer.status !== 200 && presses < PRESSES_MAX; presses += 1) answer = await press();
  return answer;
}

export interface Action {
  readonly actionId: string;
  readonly value?: string;
}

/** A button by the beginning of its name, or a runbook by its own: that may also be one of a menu. */
export function actionOf(card: Message, offer: string): Action | null {
  const actions = actionsOf(card);
  const button = actions.find(({ actionId }) =>
    [offer, `ask:${offer}`, `run:${offer}`].some((id) => actionId === id || actionId.startsWith(`${id}:`)),
  );
  if (button !== undefined) return { actionId: button.actionId };
  const menu = actions.find(({ options }) => options?.some(({ value }) => value === offer));
  return menu === undefined ? null : { actionId: menu.actionId, value: offer };
}

export const threadOf = ({ replies }: Message) => replies.map(({ text }) => text).join('\n');

const toldBy = (chains: readonly { readonly entries: readonly TimelineEntry[] }[]) =>
  chains
    .flatMap(({ entries }) => entries)
    .sort((a, b) => a.atMs - b.atMs)
    .map(stepOf);

function stepOf({ what, why, byUserId }: TimelineEntry): string {
  return [what, why, byUserId === null ? '' : `by ${byUserId}`]
    .filter((word) => word !== null && word !== '')
    .join(' ');
}

function isInOrder(steps: readonly string[], told: readonly string[]): boolean {
  let from = 0;
  for (const step of steps) {
    const at = told.findIndex((one, index) => index >= from && one.startsWith(step));
    if (at < 0) return false;
    from = at + 1;
  }
  return true;
}

import * as v from 'valibot';
import type { Click, Wish } from '../../core/model/decision.ts';
import type { FreezeScope } from '../../core/model/freeze.ts';
import { text } from './requester.ts';

export type ReadCommand =
  | { readonly kind: 'click'; readonly click: Click }
  /** Told to the person at once; nothing is requested. */
  | { readonly kind: 'answer'; readonly text: string };

const command = v.object({
  user_id: text,
  team_id: text,
  channel_id: text,
  trigger_id: text,
  text: v.optional(v.string()),
});

type Parsed = Wish | { readonly kind: 'answer'; readonly text: string };

const HELP = [
  'What `/runbell` understands:',
  '• `status`: what is open now',
  '• `timeline [incident]`: what happened, in order',
  '• `run <runbook> <application> [host,host]`: opens the form of a runbook',
  '• `silence <target> <time> <reason>` and `unsilence <target>`',
  '• `freeze everything|application <id>|runbook <id>|@person [time] <reason>` and `unfreeze …`',
  'A time is written like `30m`, `4h` or `2d`.',
].join('\n');

const ID = /^[a-z][a-z0-9-]{0,63}$/;
const HOSTS = /^[A-Za-z0-9._-]{1,64}(,[A-Za-z0-9._-]{1,64}){0,49}$/;
const TIME = /^(\d{1,4})(m|h|d)$/;
const unitSeconds: Readonly<Record<string, number>> = { m: 60, h: 3600, d: 86_400 };
const REASON_CHARS_MAX = 200;

/** A slash command out of a verified body: the same wish that a button would be, or an answer at once. */
export function readCommand(body: unknown): ReadCommand {
  const parsed = v.safeParse(command, body);
  if (!parsed.success)
    return { kind: 'answer', text: 'Slack sent a command that names nobody. Nothing was started or changed.' };
  const {
    user_id: userId,
    team_id: teamId,
    channel_id: channel,
    trigger_id: triggerId,
    text: typed = '',
  } = parsed.output;
  const words = unescaped(typed)
    .trim()
    .split(/\s+/)
    .filter((word) => word !== '');
  const wish = wishOf(words, triggerId);
  if (wish.kind === 'answer') return wish;
  // The payload names the workspace that the command was typed in, not the one that its author belongs to.
  const by = { userId, teamId, kind: 'unknown' as const };
  const actionId = `command:${words[0] ?? ''}`;
  return { kind: 'click', click: { by, channel, messageTs: null, actionId, once: triggerId, wish } };
}

function wishOf([verb = 'help', ...rest]: readonly string[], triggerId: string): Parsed {
  const [first = '', second = ''] = rest;
  switch (verb) {
    case 'status':
      return { kind: 'request', request: { kind: 'tell', what: { kind: 'status' } } };
    case 'timeline':
      if (first !== '' && !ID.test(first)) return wrong('An incident is called like `inc-a1b2c3d4e5`.');
      return { kind: 'request', request: { kind: 'tell', what: { kind: 'timeline', incidentId: first || null } } };
    case 'run':
      return runWish(rest, triggerId);
    case 'silence':
      return silenceWish(first, second, rest.slice(2).join(' '));
    case 'unsilence':
      if (!ID.test(first)) return wrong('Say of which target: `unsilence orders-db`.');
      return { kind: 'request', request: { kind: 'unsilence', targetId: first } };
    case 'freeze':
    case 'unfreeze':
      return freezeWish(verb, rest);
    default:
      return { kind: 'answer', text: HELP };
  }
}

function runWish([runbookId = '', applicationId = '', hosts]: readonly string[], triggerId: string): Parsed {
  if (!ID.test(runbookId) || !ID.test(applicationId)) {
    return wrong('Name a runbook and an application: `run restart-workers shop`.');
  }
  if (hosts !== undefined && !HOSTS.test(hosts)) return wrong('Name hosts joined by commas: `web-1,web-2`.');
  const of = { kind: 'named' as const, runbookId, applicationId, hosts: hosts?.split(',') ?? null };
  return {
    kind: 'form',
    triggerId,
    form: { kind: 'details', request: { kind: 'details', targetId: null, of, viewId: null } },
  };
}

function silenceWish(targetId: string, time: string, why: string): Parsed {
  const forSeconds = secondsOf(time);
  if (!ID.test(targetId) || forSeconds === null || why === '') {
    return wrong('Say which target, for how long and why: `silence orders-db 2h planned migration`.');
  }
  return { kind: 'request', request: { kind: 'silence', targetId, forSeconds, why: why.slice(0, REASON_CHARS_MAX) } };
}

function freezeWish(kind: 'freeze' | 'unfreeze', words: readonly string[]): Parsed {
  const { scope, rest } = scopeOf(words);
  if (scope === null) {
    return wrong('Say what: `everything`, `application shop`, `runbook restart-workers`, or a person as `@name`.');
  }
  if (kind === 'unfreeze') return { kind: 'request', request: { kind, scope } };
  const [time = '', ...after] = rest;
  const forSeconds = secondsOf(time);
  const why = (forSeconds === null ? rest : after).join(' ').slice(0, REASON_CHARS_MAX);
  if (why === '') return wrong('Say why, for those who find it frozen: `freeze everything 1h deploy under way`.');
  return { kind: 'request', request: { kind, scope, forSeconds, why } };
}

function scopeOf([first = '', second = '', ...rest]: readonly string[]): {
  readonly scope: FreezeScope | null;
  readonly rest: readonly string[];
} {
  const person = /^<@([UW][A-Z0-9]{1,23})(\|[^>]*)?>$/.exec(first)?.[1];
  const afterFirst = second === '' ? rest : [second, ...rest];
  if (first === 'everything' || first === 'all') return { scope: { kind: 'everything' }, rest: afterFirst };
  if (person !== undefined) return { scope: { kind: 'person', id: person }, rest: afterFirst };
  if ((first === 'application' || first === 'runbook') && ID.test(second)) {
    return { scope: { kind: first, id: second }, rest };
  }
  return { scope: null, rest: [] };
}

function secondsOf(time: string): number | null {
  const [, count, unit = ''] = TIME.exec(time) ?? [];
  return count === undefined ? null : Number(count) * (unitSeconds[unit] ?? 0);
}

function wrong(how: string): Parsed {
  return { kind: 'answer', text: `${how} Nothing was started or changed.` };
}

/** Slack escapes three characters in what people type. */
function unescaped(typed: string): string {
  return typed.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}

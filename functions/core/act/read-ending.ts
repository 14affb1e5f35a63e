import * as z from 'zod';
import { parseJson } from '../invariant.ts';
import type { Ending, HostRun } from '../model/run.ts';
import type { CommandLook } from '../ports.ts';
import { durationText } from '../text/sentences.ts';

/** More parts than this no application has. */
const count = z.number().int().min(0).max(1000);

/** The first line of a script's output, as `runbooks/lib` writes it. */
const resultSchema = z.object({
  ending: z.enum(['done', 'nothingToDo', 'refused', 'failed']),
  reason: z.string().catch(''),
  lines: z.array(z.string()).catch([]),
  snapshot: z
    .object({ version: z.number().int().min(1), at: z.iso.datetime(), isNew: z.boolean() })
    .transform(({ at, ...rest }) => ({ ...rest, keptAtMs: Date.parse(at) }))
    .optional()
    .catch(undefined),
  changed: z.enum(['yes', 'no', 'maybe']).optional().catch(undefined),
  app: z.object({ up: count, down: count }).optional().catch(undefined),
});

const LINES_MAX = 10;
const LINE_CHARS_MAX = 200;
const REASON_CHARS_MAX = 300;

export interface ReadEnding {
  readonly ending: Ending;
  readonly lines: readonly string[];
  readonly snapshot?: HostRun['snapshot'];
  readonly app?: HostRun['app'];
}

/** The agent kills at the limit, give or take its own bookkeeping. */
const LIMIT_SLACK_MS = 3000;

/**
 * What an ended command did on its host. The script's word counts; SSM's status only says whether there is one.
 * `limitMs`: how long the script may take.
 */
export function readEnding(look: Extract<CommandLook, { kind: 'ended' }>, limitMs: number): ReadEnding {
  switch (look.status) {
    case 'TimedOut':
      return only(killed(look.ranForMs, limitMs));
    case 'Cancelled':
    case 'Terminated':
      return only({ kind: 'failed', reason: 'the command was cancelled; what it had done until then stays done' });
    case 'Undeliverable':
    case 'DeliveryTimedOut':
      return only({
        kind: 'failed',
        reason: 'the SSM agent on this host did not take the command; nothing ran',
        changed: false,
      });
    case 'AccessDenied':
      return only({
        kind: 'refused',
        reason: 'SSM denied it: the host lacks the tag that Runbell may use; nothing ran',
      });
    case 'InvalidPlatform':
      return only({ kind: 'refused', reason: 'the host is not a Linux host; nothing ran' });
    case 'Success':
    case 'Failed':
    case 'Other':
      return fromOutput(look);
  }
}

/** The agent says "timed out" of every script that ends by SIGKILL, whoever sent it. */
function killed(ranForMs: number | null, limitMs: number): Ending {
  const look = 'look at the host before trying again';
  if (ranForMs === null) {
    return { kind: 'timedOut', reason: `the script was killed, at its time limit or by something else; ${look}` };
  }
  const after = durationText(ranForMs);
  if (ranForMs >= limitMs - LIMIT_SLACK_MS) {
    return { kind: 'timedOut', reason: `the script was killed at its time limit, after ${after}; ${look}` };
  }
  const reason = `the script was killed on the host after ${after}, before its time limit (out of memory, or by hand); ${look}`;
  return { kind: 'failed', reason };
}

function only(ending: Ending): ReadEnding {
  return { ending, lines: [] };
}

function fromOutput(look: Extract<CommandLook, { kind: 'ended' }>): ReadEnding {
  const parsed = resultSchema.safeParse(parseJson(look.output.split('\n', 1)[0] ?? ''));
  if (!parsed.success) {
    return only({ kind: 'failed', reason: `the script gave no result (exit code ${look.exitCode}); look at the host` });
  }
  const { ending, reason, lines, snapshot, changed, app } = parsed.data;
  const kept = lines.slice(0, LINES_MAX).map((line) => line.slice(0, LINE_CHARS_MAX));
  const why = reason.slice(0, REASON_CHARS_MAX);
  // A script that says "done" and exits with a failure contradicts itself: the worse of both counts.
  if (look.status !== 'Success' && (ending === 'done' || ending === 'nothingToDo')) {
    return {
      ending: { kind: 'failed', reason: `the script said "${ending}" and exited with ${look.exitCode}` },
      lines: kept,
      snapshot,
    };
  }
  const told = { lines: kept, snapshot, app };
  if (ending === 'done') return { ending: { kind: 'done' }, ...told };
  const unchanged = ending === 'failed' && changed === 'no' ? ({ changed: false } as const) : {};
  return { ending: { kind: ending, reason: why, ...unchanged }, ...told };
}

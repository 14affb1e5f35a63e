import type { Run } from '../act/run.ts';
import type { Preview } from './details.ts';
import { stopText } from './story.ts';

/** What the form says of the look at the first host, as far as it has come. */
export function previewOf({ hosts: [host], phase, stop }: Run): Preview {
  const hostId = host?.hostId ?? '';
  const ending = host?.ending ?? null;
  if (ending === null) {
    if (phase === 'running') return { kind: 'reading', hostId };
    return { kind: 'failed', hostId, why: stop === null ? 'nothing was sent to it' : `Runbell ${stopText(stop.why)}` };
  }
  switch (ending.kind) {
    case 'done':
      return { kind: 'read', hostId, lines: host?.lines ?? [] };
    case 'nothingToDo':
      return { kind: 'read', hostId, lines: [ending.reason, ...(host?.lines ?? [])] };
    case 'lost':
    case 'timedOut':
      return { kind: 'failed', hostId, why: 'the host did not answer in time' };
    default:
      return { kind: 'failed', hostId, why: ending.reason };
  }
}

import type { RequestRecord } from '../../../functions/core/model/decision.ts';
import type { Run } from '../../../functions/core/model/run.ts';
import { GLOBAL_CHAIN, type TimelineEntry } from '../../../functions/core/model/timeline.ts';
import type { Stores } from '../../../functions/core/ports.ts';
import { endingText } from '../../../functions/core/text/sentences.ts';
import { isoSeconds, plainTokens } from '../../../functions/core/text/tokens.ts';
import { entryLine, incidentsIn, readChain } from './timelines.ts';

/** Incidents looked through for a click of which only the beginning of its id is known. */
const INCIDENTS_MAX = 300;

export interface Explained {
  /** null: older than its item is kept; the timeline still knows what was decided. */
  readonly record: RequestRecord | null;
  readonly run: Run | null;
  readonly entries: readonly TimelineEntry[];
}

/** Finds a click by its id, by the beginning of it that a person was told, or by its run. */
export async function findClick(stores: Stores, click: string): Promise<Explained | null> {
  const start = click.replace(/^run-/, '');
  const all = await readChain(stores.timeline, GLOBAL_CHAIN);
  for (const chain of [GLOBAL_CHAIN, ...incidentsIn(all.entries).slice(0, INCIDENTS_MAX)]) {
    const { entries } = chain === GLOBAL_CHAIN ? all : await readChain(stores.timeline, chain);
    const decided = entries.findLast(({ refs }) => refs['requestId']?.startsWith(start));
    const requestId = decided?.refs['requestId'];
    if (decided !== undefined && requestId !== undefined) return explained(stores, requestId, entries, decided);
  }
  const known = (await stores.requests.read(click)) ?? (await stores.inbox.read(`slack#${click}`));
  return known === null ? null : { record: known.value, run: null, entries: [] };
}

async function explained(stores: Stores, requestId: string, all: readonly TimelineEntry[], decided: TimelineEntry) {
  const runId = decided.refs['runId'];
  const record = (await stores.requests.read(requestId))?.value ?? null;
  const run = runId === undefined ? null : ((await stores.runs.read(runId))?.value ?? null);
  const entries = all.filter(
    ({ refs }) => refs['requestId'] === requestId || (runId !== undefined && refs['runId'] === runId),
  );
  return { record, run, entries };
}

export function explanationText({ record, run, entries }: Explained): string {
  const lines: string[] = [];
  if (record !== null) {
    const { by, receivedAtMs, request, decision } = record;
    lines.push(`@${by.userId} asked to ${request.kind} at ${isoSeconds(receivedAtMs)}.`);
    if (decision === null)
      lines.push('Nobody has decided it yet: npx runbell doctor says whether the act function works.');
    else if (decision.kind === 'permitted') lines.push(`Permitted at ${isoSeconds(decision.atMs)}.`);
    else
      lines.push(
        `Refused at ${isoSeconds(decision.atMs)}, reason ${decision.reason}: ${plainTokens(decision.sentence)}`,
      );
  }
  if (run !== null) {
    lines.push(`Run ${run.runId} of ${run.document.name}:`);
    for (const host of run.hosts) {
      const how = host.ending === null ? host.phase : endingText(host.ending);
      lines.push(`  ${host.hostId}: ${how}${host.commandId === null ? '' : `, command ${host.commandId}`}`);
    }
  }
  return [
    ...lines,
    ...(entries.length === 0 ? [] : ['Timeline:', ...entries.map((entry) => `  ${entryLine(entry)}`)]),
  ].join('\n');
}

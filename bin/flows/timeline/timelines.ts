import { createHash } from 'node:crypto';
import { GLOBAL_CHAIN, type TimelineEntry } from '../../../functions/core/model/timeline.ts';
import type { TimelineStore } from '../../../functions/core/ports.ts';
import { foreign, isoSeconds, plainTokens } from '../../../functions/core/text/tokens.ts';
import { type ChainCheck, checkChain, type StoredChain } from '../../../functions/core/timeline/chain.ts';

/** More than an incident ever has, and a year of freezes. */
const ENTRIES_MAX = 5000;

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

export function readChain(timeline: TimelineStore, chain: string): Promise<StoredChain> {
  return timeline.read(chain, ENTRIES_MAX);
}

/** The incidents that the chain of all names, newest first. */
export function incidentsIn(entries: readonly TimelineEntry[]): string[] {
  const ids = entries.flatMap(({ what, refs }) => (what === 'opened' ? (refs['incidentId'] ?? []) : []));
  return [...new Set(ids.reverse())];
}

export interface CheckedChain {
  readonly chain: string;
  readonly check: ChainCheck;
}

/** One chain, or the chain of all with every incident that it names. */
export async function checkChains(
  timeline: TimelineStore,
  incident: string | null,
  nowMs: number,
): Promise<CheckedChain[]> {
  const first = await readChain(timeline, incident ?? GLOBAL_CHAIN);
  const checked = [{ chain: incident ?? GLOBAL_CHAIN, check: checkChain(first, nowMs, sha256) }];
  if (incident !== null) return checked;
  for (const chain of incidentsIn(first.entries)) {
    checked.push({ chain, check: checkChain(await readChain(timeline, chain), nowMs, sha256) });
  }
  return checked;
}

export function checkText({ chain, check }: CheckedChain): string {
  if (check.kind === 'whole') {
    const from = check.fromSeq > 1 ? `, from entry ${check.fromSeq}; older ones have expired` : '';
    return `${chain}: whole, ${check.entries} entries${from}`;
  }
  const what = {
    altered: 'was altered',
    missing: 'is missing',
    moved: 'is not in its place',
    cutOff: 'was cut off, with whatever followed it',
  };
  return `${chain}: BROKEN, entry ${check.seq} ${what[check.what]}`;
}

export function entryLine({ atMs, what, byUserId, text, why }: TimelineEntry): string {
  const who = byUserId === null ? '' : `@${byUserId} `;
  return `${isoSeconds(atMs)}  ${what.padEnd(12)}  ${who}${plainTokens(text)}${why === null ? '' : ` [${why}]`}`;
}

/** A table that can be pasted into a review of the incident. */
export function markdownOf(title: string, entries: readonly TimelineEntry[]): string {
  const cell = (text: string) =>
    foreign(plainTokens(text))
      .replaceAll('|', '\\|')
      .replaceAll(/[<>\n]/g, ' ');
  const rows = entries.map(
    ({ atMs, byUserId, what, text, why }) =>
      `| ${isoSeconds(atMs)} | ${byUserId ?? 'Runbell'} | ${what} | ${cell(text)}${why === null ? '' : ` (${cell(why)})`} |`,
  );
  return [`# Timeline: ${title}`, '', '| when | who | what | |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

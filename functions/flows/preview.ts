import { besideRun } from '../core/act/new-run.ts';
import type { Preview } from '../core/model/details.ts';
import type { Permit } from '../core/model/permit.ts';
import type { Run } from '../core/model/run.ts';
import type { Basics, Stores } from '../core/ports.ts';
import { stopText } from '../core/text/thread.ts';
import { changeItem } from './change-item.ts';

/** A person waits in front of the form: what takes longer is not worth waiting for. */
const HOST_MS_MAX = 45_000;
/** The form's own request is decided within seconds; one that never is keeps no run open. */
const UNDECIDED_MS_MAX = 120_000;

type PreviewDeps = Basics & { readonly stores: Stores };

/** Has the first host say what the run would change there; null: nothing says so. A request delivered again finds the same. */
export async function startPreview(deps: PreviewDeps, requestId: string, permit: Permit): Promise<Preview | null> {
  const { stores, settings, clock } = deps;
  const { application, request, entry, askedBy } = permit;
  const runId = `beside-${requestId.slice(0, 16)}`;
  const work = {
    runId,
    runbookId: entry.manifest.preview ?? '',
    applicationId: application.id,
    hosts: request.hosts.slice(0, 1),
    beside: { kind: 'preview', requestId },
  } as const;
  const run = request.kind === 'undo' ? null : besideRun(settings, work, clock.nowMs());
  if (run === null) return null;
  await stores.runs.write(runId, { ...run, byUserId: askedBy, hostTimeoutMs: HOST_MS_MAX }, null);
  return previewOf((await stores.runs.read(runId))?.value ?? run);
}

/** Fills the form once more. false: the form's request is not decided yet, so come back. */
export async function showPreview({ stores, clock }: PreviewDeps, run: Run, requestId: string): Promise<boolean> {
  const record = (await stores.requests.read(requestId))?.value ?? null;
  if ((record?.decision ?? null) === null) return clock.nowMs() - run.permittedAtMs > UNDECIDED_MS_MAX;
  await changeItem(stores.requests, requestId, (value) => {
    const decision = value?.decision ?? null;
    if (value === null || decision?.kind !== 'permitted' || decision.shows?.kind !== 'run') return null;
    if (decision.shows.preview?.kind !== 'reading') return null;
    const shows = { ...decision.shows, preview: previewOf(run) };
    return { ...value, decision: { ...decision, shows }, answerOwed: true, answerFailures: 0 };
  });
  return true;
}

function previewOf({ hosts: [host], phase, stop }: Run): Preview {
  const { hostId = '', ending = null, lines = [] } = host ?? {};
  if (ending === null) {
    if (phase === 'running') return { kind: 'reading', hostId };
    return { kind: 'failed', hostId, why: `Runbell ${stopText(stop?.why ?? 'madeWay')}` };
  }
  switch (ending.kind) {
    case 'done':
      return { kind: 'read', hostId, lines };
    case 'nothingToDo':
      return { kind: 'read', hostId, lines: [ending.reason, ...lines] };
    case 'lost':
    case 'timedOut':
      return { kind: 'failed', hostId, why: 'the host did not answer in time' };
    default:
      return { kind: 'failed', hostId, why: ending.reason };
  }
}

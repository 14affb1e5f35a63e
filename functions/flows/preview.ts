import { startedRun } from '../core/act/new-run.ts';
import type { Permit } from '../core/act/permit.ts';
import type { Run } from '../core/act/run.ts';
import type { Preview } from '../core/notify/details.ts';
import { previewOf } from '../core/notify/preview-of.ts';
import type { Basics, Stores } from '../core/ports.ts';
import { fillParameters } from '../core/runbook/fill-parameters.ts';
import { changeItem } from './change-item.ts';

/** A person waits in front of the form: what takes longer is not worth waiting for. */
const HOST_MS_MAX = 45_000;
/** The form's own request is decided within seconds; one that never is keeps no run open. */
const UNDECIDED_MS_MAX = 120_000;

type PreviewDeps = Basics & { readonly stores: Stores };

/** Has the first host say what the run would change there; null: nothing says so. A request delivered again finds the same. */
export async function startPreview(deps: PreviewDeps, requestId: string, permit: Permit): Promise<Preview | null> {
  const { stores, settings, clock } = deps;
  const { application, request } = permit;
  const [hostId] = request.hosts;
  const entry = settings.catalogue.find(({ manifest }) => manifest.id === permit.entry.manifest.preview);
  if (entry === undefined || hostId === undefined || request.kind === 'undo') return null;
  const runId = `beside-${requestId.slice(0, 16)}`;
  const { targets } = settings.config;
  const filled = fillParameters(entry.manifest, { application, targets, runId, dryRun: false, person: {} });
  if (filled.kind === 'invalid') return { kind: 'failed', hostId, why: filled.problems.join('; ') };
  const work = { entry, parameters: filled.parameters, hosts: [hostId] };
  const run: Run = {
    ...startedRun(runId, application.id, work, clock.nowMs()),
    byUserId: permit.askedBy,
    hostTimeoutMs: HOST_MS_MAX,
    beside: { kind: 'preview', requestId },
  };
  await stores.runs.write(runId, run, null);
  return previewOf((await stores.runs.read(runId))?.value ?? run);
}

/** Fills the form once more. false: the form's request is not decided yet, so come back. */
export async function showPreview({ stores, clock }: PreviewDeps, run: Run, requestId: string): Promise<boolean> {
  const record = (await stores.requests.read(requestId))?.value ?? null;
  if (record?.decision === null) return clock.nowMs() - run.permittedAtMs > UNDECIDED_MS_MAX;
  await changeItem(stores.requests, requestId, (value) => {
    const decision = value?.decision ?? null;
    if (value === null || decision?.kind !== 'permitted' || decision.shows?.kind !== 'run') return null;
    if (decision.shows.preview?.kind !== 'reading') return null;
    const shows = { ...decision.shows, preview: previewOf(run) };
    return { ...value, decision: { ...decision, shows }, answerOwed: true, answerFailures: 0 };
  });
  return true;
}

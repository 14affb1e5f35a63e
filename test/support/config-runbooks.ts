import type { CatalogueEntry } from '../../functions/core/runbook/manifest.ts';
import { restartWorkers } from './builders.ts';

/** What keeps, compares and puts back configuration, as far as flows and decisions see it. */
export function configRunbooks(): CatalogueEntry[] {
  const entry = (change: Partial<CatalogueEntry['manifest']> & { readonly id: string }, digit: string) => ({
    manifest: restartWorkers({ parameters: [RUN_ID], undo: null, hazards: [], ...change }).manifest,
    document: { name: `runbell-${change.id}-${digit.repeat(8)}`, sha256: digit.repeat(64) },
  });
  return [
    entry({ id: 'snapshot-config', title: 'Keep configuration', risk: 'read', parameters: [RUN_ID, KEEP] }, '1'),
    entry({ id: 'diff-config', title: 'Compare configuration', risk: 'read', needs: 'snapshot' }, '2'),
    entry(
      { id: 'rollback-config', title: 'Roll back', needs: 'snapshot', preview: 'diff-config', snapshot: 'needed' },
      '3',
    ),
  ];
}

/** What looks at an application and changes nothing. */
export function diagnose(): CatalogueEntry {
  const { manifest } = restartWorkers({
    id: 'diagnose',
    title: 'Diagnose',
    risk: 'read',
    parameters: [RUN_ID],
    hazards: [],
  });
  return {
    manifest: { ...manifest, fits: ['churn'], undo: null },
    document: { name: 'runbell-diagnose-44444444', sha256: '4'.repeat(64) },
  };
}

/** What it says of an application. */
export function counted(up: number, down: number): string {
  return JSON.stringify({ ending: 'done', reason: '', lines: [], app: { up, down }, changed: 'no' });
}

const RUN_ID = { name: 'RunId', from: 'run.id', description: 'The run', pattern: '^[a-z0-9-]{1,64}$' } as const;
const KEEP = {
  name: 'Keep',
  from: 'person',
  description: 'Versions',
  pattern: '^[1-9][0-9]?$',
  default: '20',
} as const;

/** What a script says that found or made a copy. */
export function copied(version: number, isNew = true, ending = isNew ? 'done' : 'nothingToDo'): string {
  const snapshot = { version, at: '2026-11-23T02:00:00Z', isNew };
  return JSON.stringify({ ending, reason: isNew ? '' : 'the same files', lines: [], snapshot });
}

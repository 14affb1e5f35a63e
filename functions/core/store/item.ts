import * as z from 'zod';
import { invariant, parseJson } from '../invariant.ts';
import type { EntityKind } from '../ports.ts';
import type { EntityValues } from './markers.ts';
import { StoreError } from './store-error.ts';

/**
 * What has to be there before the rest of an item is believed. The bodies are written by this code alone,
 * so the check is for items of another version and for damage, not for bad input.
 */
const shapes: { readonly [K in EntityKind]: z.ZodType } = {
  target: z.looseObject({
    schema: z.literal(1),
    targetId: z.string(),
    incident: z.looseObject({ id: z.string() }).nullable(),
    offerVersion: z.number(),
    run: z.looseObject({ runId: z.string() }).nullable(),
    notice: z.looseObject({ owedVersion: z.number(), shownVersion: z.number() }),
    storyOwed: z.array(z.unknown()),
  }),
  application: z.looseObject({ schema: z.literal(1), applicationId: z.string(), attempts: z.array(z.unknown()) }),
  request: z.looseObject({
    schema: z.literal(1),
    id: z.string(),
    receivedAtMs: z.number(),
    request: z.looseObject({ kind: z.string() }),
  }),
  run: z.looseObject({
    schema: z.literal(1),
    runId: z.string(),
    hosts: z.array(z.looseObject({ hostId: z.string(), phase: z.string() })),
    phase: z.enum(['running', 'ended']),
  }),
  freezes: z.looseObject({
    schema: z.literal(1),
    id: z.string(),
    // Strict where it counts: a freeze that cannot be read must not be taken for none.
    freezes: z.array(
      z.looseObject({
        scope: z.union([
          z.object({ kind: z.literal('everything') }),
          z.object({ kind: z.enum(['application', 'runbook', 'person']), id: z.string() }),
        ]),
        byUserId: z.string(),
        sinceMs: z.number(),
        untilMs: z.number().nullable(),
        why: z.string(),
      }),
    ),
  }),
  channel: z.looseObject({ schema: z.literal(1), channel: z.string(), cards: z.array(z.unknown()) }),
  pace: z.looseObject({ schema: z.literal(1), id: z.string(), tokens: z.number(), atMs: z.number() }),
};

const idOfEntity: { readonly [K in EntityKind]: (value: EntityValues[K]) => string } = {
  target: (state) => state.targetId,
  application: (state) => state.applicationId,
  request: (record) => record.id,
  run: (run) => run.runId,
  freezes: (state) => state.id,
  channel: (state) => state.channel,
  pace: (state) => state.id,
};

/** The body of an item as it is stored. The id in the value and the key must be one. */
export function toStoredJson<K extends EntityKind>(entity: K, id: string, value: EntityValues[K]): string {
  invariant(idOfEntity[entity](value) === id, `the ${entity} stored as ${id} carries its own id`);
  return JSON.stringify(value);
}

/** Reads a body back. Throws a StoreError for a schema that this version does not know, and for damage. */
export function parseStored<K extends EntityKind>(entity: K, id: string, json: string): EntityValues[K] {
  const value = parseJson(json);
  const parsed = shapes[entity].safeParse(value);
  if (!parsed.success) {
    const paths = parsed.error.issues.map((issue) => issue.path.join('.') || '(body)').join(', ');
    throw new StoreError('unreadableItem', `the stored ${entity} ${id} is not readable by this version: ${paths}`);
  }
  return upgrades[entity](value as EntityValues[K]);
}

/**
 * What a former version did not write yet. The schema number stays: a version that was rolled back reads
 * items of a newer one, and keeps the fields that it does not know.
 */
const upgrades: { readonly [K in EntityKind]: (value: EntityValues[K]) => EntityValues[K] } = {
  target: (state) => {
    const run = state.run === null ? null : withMissing(state.run, RUN_SHOWN_ADDED);
    return withMissing({ ...state, run }, TARGET_ADDED);
  },
  application: (state) => withMissing(state, { outcomes: [] }),
  request: (record) => {
    const { request } = record;
    if (request.kind !== 'run') return record;
    const added = { hostsTotal: request.hosts.length, choices: {}, dryRun: false };
    return { ...record, request: withMissing(request, added) };
  },
  run: (run) => withMissing(run, RUN_ADDED),
  freezes: (state) => state,
  channel: (state) => state,
  pace: (state) => state,
};

const TARGET_ADDED = {
  timelineOwed: [],
  reminder: { remindedAtMs: null, pagedAtMs: null },
  foldedInto: null,
  applied: [],
  wakeAtMs: null,
};

const RUN_ADDED = { approvedBy: null, undoes: null, dryRun: false, stop: null };

const RUN_SHOWN_ADDED = { ...RUN_ADDED, requestId: '', waiting: null };

/** Behind what is there, so that a complete item reads back as the text that was written. */
function withMissing<T extends object>(value: T, defaults: Partial<T>): T {
  const missing = Object.entries(defaults).filter(([name]) => !Object.hasOwn(value, name));
  return missing.length === 0 ? value : { ...value, ...Object.fromEntries(missing) };
}

import * as z from 'zod';
import { invariant, parseJson } from '../invariant.ts';
import type { EntityKind, OnSetAside, SetAside, Versioned } from '../ports.ts';
import { inboxIdOf, inboxShape } from './inbox.ts';
import type { EntityValues } from './markers.ts';
import { StoreError } from './store-error.ts';

/** An item as the table or one of its indexes gives it: nothing in it is believed yet but where it stands. */
export interface RawItem {
  /** Such as `target#shop-db`. */
  readonly key: string;
  readonly revision: number | null;
  readonly body: string | null;
}

/** Far above what any item holds, and below what the table can. */
const BODY_CHARS_MAX = 300_000;

const SHOWN_CHARS_MAX = 120;

/**
 * What has to be there before the rest of an item is believed. Who may write which kind of item is the table's
 * matter, so the check is for items of another version and for damage.
 */
const debt = z.looseObject({
  owedVersion: z.number(),
  shownVersion: z.number(),
  notBeforeMs: z.number(),
  message: z.looseObject({ channel: z.string(), ts: z.string() }).nullable(),
  lease: z.looseObject({ untilMs: z.number() }).nullable(),
});

const shapes: { readonly [K in EntityKind]: z.ZodType } = {
  target: z.looseObject({
    schema: z.literal(1),
    targetId: z.string(),
    incident: z
      .looseObject({
        id: z.string(),
        openedAtMs: z.number(),
        severity: z.string(),
        reasons: z.array(z.looseObject({ rule: z.string() })),
        resolvedAtMs: z.number().nullable(),
      })
      .nullable(),
    figures: z.looseObject({ connected: z.number(), connectionsMax: z.number() }).nullable(),
    figuresWrittenAtMs: z.number(),
    offerVersion: z.number(),
    run: z
      .looseObject({ runId: z.string(), phase: z.string(), hosts: z.array(z.string()), endings: z.array(z.unknown()) })
      .nullable(),
    tried: z.array(z.looseObject({})),
    notice: debt,
    storyOwed: z.array(z.looseObject({ id: z.string(), text: z.string() })),
    silence: z.looseObject({ untilMs: z.number() }).nullable(),
  }),
  application: z.looseObject({
    schema: z.literal(1),
    applicationId: z.string(),
    lock: z.looseObject({ runId: z.string(), expiresAtMs: z.number() }).nullable(),
    attempts: z.array(z.looseObject({ runbookId: z.string() })),
  }),
  inbox: inboxShape,
  request: z.looseObject({
    schema: z.literal(1),
    id: z.string(),
    receivedAtMs: z.number(),
    by: z.looseObject({ userId: z.string() }),
    request: z.looseObject({ kind: z.string() }),
    decision: z.looseObject({ kind: z.enum(['permitted', 'refused']) }).nullable(),
  }),
  run: z.looseObject({
    schema: z.literal(1),
    runId: z.string(),
    hosts: z.array(z.looseObject({ hostId: z.string(), phase: z.string() })),
    parameters: z.record(z.string(), z.string()),
    document: z.looseObject({ name: z.string() }),
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
        notice: debt.optional(),
      }),
    ),
  }),
  channel: z.looseObject({
    schema: z.literal(1),
    channel: z.string(),
    cards: z.array(z.looseObject({ incidentId: z.string(), atMs: z.number() })),
    storm: z.looseObject({ id: z.string(), lines: z.array(z.looseObject({})), notice: debt }).nullable(),
  }),
  pace: z.looseObject({ schema: z.literal(1), id: z.string(), tokens: z.number(), atMs: z.number() }),
};

const idOfEntity: { readonly [K in EntityKind]: (value: EntityValues[K]) => string } = {
  target: (state) => state.targetId,
  application: (state) => state.applicationId,
  inbox: inboxIdOf,
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

export function keyOf(entity: EntityKind, id: string): string {
  return `${entity}#${id}`;
}

/** null: an item of another kind stands under this key, or one under a sort key of its own, which no id leads to. */
export function idIn(entity: EntityKind, key: string): string | null {
  return key.startsWith(`${entity}#`) && !key.includes('/') ? key.slice(entity.length + 1) : null;
}

/**
 * Believes an item, and only for the key that it stands under. Throws a StoreError for one of another kind, for one
 * whose body says that it is another, for a schema that this version does not know, and for damage.
 */
export function readItem<K extends EntityKind>(entity: K, raw: RawItem): Versioned<EntityValues[K]> {
  const id = idIn(entity, raw.key);
  if (id === null) throw unreadable(raw.key, `is no ${entity}`);
  if (raw.revision === null || !Number.isInteger(raw.revision)) throw unreadable(raw.key, 'has no revision');
  return { value: parseStored(entity, id, raw.body ?? ''), revision: raw.revision };
}

/** Reads what can be read; the rest is told and set aside. */
export function readEach<K extends EntityKind>(entity: K, raws: readonly RawItem[], onSetAside: OnSetAside) {
  const items: Versioned<EntityValues[K]>[] = [];
  const setAside: SetAside[] = [];
  for (const raw of raws) {
    try {
      items.push(readItem(entity, raw));
    } catch (error) {
      const aside = asideOf(raw.key, error);
      setAside.push(aside);
      onSetAside(aside);
    }
  }
  return { items, setAside };
}

/** The ids in the keys of items of one kind; what is of another kind is told and set aside. */
export function idsOf(entity: EntityKind, raws: readonly Pick<RawItem, 'key'>[], onSetAside: OnSetAside): string[] {
  return raws.flatMap(({ key }) => {
    const id = idIn(entity, key);
    if (id === null) onSetAside(asideOf(key, unreadable(key, `is no ${entity}`)));
    return id ?? [];
  });
}

/** What is told of an item that could not be read. */
export function asideOf(key: string, error: unknown): SetAside {
  return { item: printable(key), why: error instanceof Error ? error.message : String(error) };
}

/** Reads a body back. Throws like `readItem`. */
export function parseStored<K extends EntityKind>(entity: K, id: string, json: string): EntityValues[K] {
  const key = keyOf(entity, id);
  if (json.length > BODY_CHARS_MAX) throw unreadable(key, `holds ${json.length} characters`);
  const value = parseJson(json);
  const parsed = shapes[entity].safeParse(value);
  const { data: other } = z.object({ schema: z.number() }).safeParse(value);
  if (other !== undefined && other.schema !== 1) throw unreadable(key, `is of another version: schema ${other.schema}`);
  if (!parsed.success) {
    const paths = parsed.error.issues.map((issue) => issue.path.join('.') || '(body)').join(', ');
    throw unreadable(key, `is not readable by this version: ${paths}`);
  }
  const known = value as EntityValues[K];
  if (idOfEntity[entity](known) !== id) throw unreadable(key, `says that it is ${idOfEntity[entity](known)}`);
  return upgrades[entity](known);
}

function unreadable(key: string, what: string): StoreError {
  return new StoreError('unreadableItem', `the stored ${printable(key)} ${printable(what)}`);
}

/** Whatever stands in a key or a body may be a stranger's. */
function printable(text: string): string {
  return text.slice(0, SHOWN_CHARS_MAX).replaceAll(/[^\x20-\x7e]/g, '?');
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
  inbox: (record) => record,
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

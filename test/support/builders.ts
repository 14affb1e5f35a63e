import type { DecideState } from '../../functions/core/act/case.ts';
import type { ConfigInput } from '../../functions/core/config/config.ts';
import { parseConfig } from '../../functions/core/config/parse-config.ts';
import { oweNotice } from '../../functions/core/incident/owe.ts';
import { newApplicationState } from '../../functions/core/model/application.ts';
import type { RequestRecord } from '../../functions/core/model/decision.ts';
import { newFreezeState } from '../../functions/core/model/freeze.ts';
import type { RunRequest } from '../../functions/core/model/request.ts';
import type { UnreadableCause } from '../../functions/core/model/sample.ts';
import type { ReadingRecord, TickRecord, UnreadableRecord } from '../../functions/core/model/sample-record.ts';
import type { Incident, TargetState } from '../../functions/core/model/target.ts';
import { newTargetState } from '../../functions/core/model/target.ts';
import type { CatalogueEntry } from '../../functions/core/runbook/manifest.ts';
import type { Settings } from '../../functions/core/settings.ts';

/** 2026-11-23 03:00:00 UTC: three in the morning. */
export const NIGHT_MS = 1_795_402_800_000;
export const MINUTE_MS = 60_000;

export const DOCUMENT_SHA256 = 'ab'.repeat(32);

/** A small, valid configuration: one target, one application on two hosts, two people. */
export function configInput(change: Partial<ConfigInput> = {}): ConfigInput {
  return {
    slack: { channel: 'C0ALERTS', workspaceId: 'T0TEAM' },
    people: [
      { slackUserId: 'U0FIRST', name: 'first on call' },
      { slackUserId: 'U0SECOND', name: 'second on call' },
    ],
    targets: [
      {
        id: 'orders-db',
        host: 'db.example.internal',
        user: 'runbell',
        credential: { kind: 'iam', region: 'eu-central-1', resourceId: 'db-EXAMPLE' },
      },
    ],
    applications: [
      {
        id: 'orders',
        kind: 'node',
        targets: ['orders-db'],
        hosts: ['i-0000000000000001', 'i-0000000000000002'],
        directory: '/srv/orders',
        user: 'deploy',
        pm2: { home: '/home/deploy/.pm2', processes: ['orders-queue'] },
      },
    ],
    ...change,
  };
}

/** The runbook of these tests; the real ones have tests of their own. */
export function restartWorkers(change: Partial<CatalogueEntry['manifest']> = {}): CatalogueEntry {
  return {
    manifest: {
      id: 'restart-workers',
      title: 'Restart workers',
      says: 'Restarts the PM2 processes one host after the other.',
      risk: 'disrupt',
      kinds: ['node', 'laravel'],
      parameters: [
        { name: 'RunId', from: 'run.id', description: 'The run', pattern: '^run-[0-9a-f]{16}$' },
        { name: 'Processes', from: 'pm2.processes', description: 'PM2 names', pattern: '^[A-Za-z0-9_.:@,-]{1,500}$' },
      ],
      timeoutSeconds: 120,
      cooldownSeconds: 300,
      undo: null,
      hazards: ['Jobs that run now may be cut.'],
      success: 'Every process has a new pid and stays up.',
      fits: ['leak', 'level', 'absolute', 'full', 'refused'],
      ...change,
    },
    document: { name: 'runbell-restart-workers-abababab', sha256: DOCUMENT_SHA256 },
  };
}

/** What takes `restartWorkers` back, in tests that need such a thing. */
export function startWorkers(): CatalogueEntry {
  const { manifest } = restartWorkers({ id: 'start-workers', title: 'Start workers', fits: ['unreadable'] });
  return { manifest, document: { name: 'runbell-start-workers-cdcdcdcd', sha256: 'cd'.repeat(32) } };
}

/** Everything open: nothing is frozen, and the one who asks is a member. */
export function decideState(
  using: Settings,
  target: TargetState | null,
  change: Partial<DecideState> = {},
): DecideState {
  return {
    settings: using,
    target,
    application: freeApplication,
    freezes: newFreezeState(),
    asker: { kind: 'member', groups: {} },
    ...change,
  };
}

export function settings(change: Partial<ConfigInput> = {}, catalogue = [restartWorkers()]): Settings {
  const parsed = parseConfig(configInput(change));
  if (parsed.kind === 'invalid') throw new Error(JSON.stringify(parsed.problems));
  return { schema: 1, version: 'test', config: parsed.config, catalogue };
}

/** A record of a server with 100 slots, unless told otherwise. */
export function reading(atMs: number, connected: number, change: Partial<ReadingRecord> = {}): ReadingRecord {
  return {
    kind: 'reading',
    atMs,
    connected,
    running: 1,
    connectionsMax: 100,
    refused: 0,
    ages: null,
    blind: false,
    uptimeMinutes: 10_000,
    ...change,
  };
}

export function full(atMs: number, connectionsMax = 100): ReadingRecord {
  return reading(atMs, connectionsMax, { kind: 'full', connectionsMax, refused: 1 });
}

export function unreadable(atMs: number, cause: UnreadableCause = 'denied'): UnreadableRecord {
  return { kind: 'unreadable', atMs, cause };
}

/** One record a minute: a number is a count, 'full' a refusal, null a sample that could not be taken. */
export function window(values: readonly (number | 'full' | null)[], startMs = NIGHT_MS): TickRecord[] {
  return values.map((value, at) => {
    const atMs = startMs + at * MINUTE_MS;
    if (value === null) return unreadable(atMs);
    return value === 'full' ? full(atMs) : reading(atMs, value);
  });
}

export function incident(change: Partial<Incident> = {}): Incident {
  return {
    id: 'inc-a1b2c3d4e5',
    openedAtMs: NIGHT_MS,
    severity: 'critical',
    severityHighest: 'critical',
    reasons: [{ rule: 'level', connected: 92, connectionsMax: 100, boundShare: 0.9, severity: 'critical' }],
    forecast: null,
    lastBreachAtMs: NIGHT_MS,
    healthySinceMs: null,
    resolvedAtMs: null,
    reopenedTimes: 0,
    ...change,
  };
}

/** A target in open trouble, told or not yet, with a button that is valid now. */
export function troubled(using: Settings = settings(), change: Partial<TargetState> = {}): TargetState {
  const figures = {
    atMs: NIGHT_MS,
    connected: 92,
    running: 2,
    connectionsMax: 100,
    holders: [],
    holdersAtMs: null,
    full: false,
    lostSight: null,
    trail: [],
  };
  const state: TargetState = {
    ...newTargetState('orders-db'),
    incident: incident(),
    figures,
    ...change,
  };
  return oweNotice(state, using, NIGHT_MS);
}

/** The click on the card of `troubled()`. */
export function runRequest(state: TargetState, change: Partial<RunRequest> = {}): RunRequest {
  return {
    kind: 'run',
    targetId: 'orders-db',
    incidentId: 'inc-a1b2c3d4e5',
    offerVersion: state.offerVersion,
    runbookId: 'restart-workers',
    documentHash: DOCUMENT_SHA256.slice(0, 16),
    applicationId: 'orders',
    hosts: ['i-0000000000000001', 'i-0000000000000002'],
    hostsTotal: 2,
    expiresAtMs: NIGHT_MS + 3_600_000,
    choices: {},
    dryRun: false,
    ...change,
  };
}

export function requestRecord(request: RequestRecord['request'], change: Partial<RequestRecord> = {}): RequestRecord {
  return {
    schema: 1,
    id: '0123456789abcdef'.repeat(4),
    receivedAtMs: NIGHT_MS + 1000,
    by: { userId: 'U0FIRST', teamId: 'T0TEAM', kind: 'member' },
    channel: 'C0ALERTS',
    messageTs: '1795402800.000100',
    request,
    decision: null,
    answerOwed: false,
    answerFailures: 0,
    ...change,
  };
}

export const freeApplication = newApplicationState('orders');

import type { Controls, Face, Notice, Offer, UndoOffer } from '../../../../functions/core/model/notice.ts';
import { timeToken, userToken } from '../../../../functions/core/text/tokens.ts';

export const T0 = Date.UTC(2026, 2, 14, 3, 7, 0);
const MINUTE = 60_000;

export const runRequest = {
  kind: 'run',
  targetId: 'orders-db',
  incidentId: 'inc-a1b2c3d4e5',
  offerVersion: 3,
  runbookId: 'restart-workers',
  documentHash: '0123456789abcdef',
  applicationId: 'shop',
  hosts: ['i-0aaaaaaaaaaaaaaa1', 'i-0aaaaaaaaaaaaaaa2'],
  hostsTotal: 2,
  expiresAtMs: T0 + 720 * MINUTE,
  choices: {},
  dryRun: false,
} as const;

export const restartOffer = {
  kind: 'runnable',
  title: 'Restart workers',
  says: 'Restarts the PM2 processes of the application, one host after the other.',
  risk: 'change',
  confirm: 'dialog',
  hazards: ['Requests in flight on a worker are cut off.'],
  needsApproval: false,
  undoTitle: null,
  fitsCause: true,
  request: runRequest,
} as const satisfies Offer;

const place = { targetId: 'orders-db', incidentId: 'inc-a1b2c3d4e5' } as const;
const theRun = { targetId: 'orders-db', runId: 'run-0123456789abcdef' } as const;

/** What the card offers besides runbooks. */
export const controls = {
  details: { kind: 'details', targetId: 'orders-db', of: null, viewId: null },
  acknowledge: { kind: 'acknowledge', ...place },
  silence: { targetId: 'orders-db' },
  unsilence: null,
  cancel: null,
  approve: null,
  reject: null,
  undo: null,
} as const satisfies Controls;

export const undoOffer = {
  ...restartOffer,
  title: 'Roll forward again',
  says: 'Switches back to the version from before the rollback.',
  request: { ...runRequest, kind: 'undo', runbookId: 'roll-forward', undoes: theRun.runId },
} as const satisfies UndoOffer;

const running: readonly Face[] = ['awaiting', 'running', 'verifying'];
const judged: readonly Face[] = ['recovered', 'improved', 'notRecovered', 'relapsed', 'inconclusive'];
const over: readonly Face[] = ['recovered', 'resolved'];

export const allFaces: readonly Face[] = [
  'warning',
  'critical',
  'refusing',
  'unreachable',
  'down',
  'doubted',
  'blind',
  ...running,
  ...judged,
  'settling',
  'resolved',
];

const RECORD = 'Restart workers helped 4 of 5 times; 2 of the last 6 incidents ended without a run, median 11 minutes';

/** A notice as the loop would make it for this face. */
export function noticeFor(face: Face, more: Partial<Notice> = {}): Notice {
  const isOver = over.includes(face);
  const hasRun = running.includes(face) || judged.includes(face);
  return {
    kind: 'incident',
    targetId: 'orders-db',
    incidentId: 'inc-a1b2c3d4e5',
    face,
    severity: face === 'warning' ? 'warning' : 'critical',
    title: isOver ? 'orders-db has recovered' : 'orders-db leaks connections',
    summary: isOver
      ? '9 of 50 connections (18 %)'
      : '38 of 50 connections (76 %), +4 a minute, full in about 3 minutes',
    facts: ['Why: connections leak: 29 have been idle for more than 5 minutes'],
    holders: isOver
      ? []
      : [holder('shop_app', 'web-2', 22, 20), holder('shop_app', 'web-1', 12, 9), holder('cron', '10.0.4.17', 3, 0)],
    connectionsMax: 50,
    trail: Array.from({ length: 30 }, (_, at) => [T0 + at * MINUTE, isOver && at > 25 ? 9 : 9 + at] as const),
    bounds: { warningAt: 40, criticalAt: 45 },
    forecast: isOver ? [] : [1, 2, 3].map((step) => [T0 + (29 + step) * MINUTE, 38 + 4 * step] as const),
    openedAtMs: T0 + 20 * MINUTE,
    figuresAtMs: T0 + 30 * MINUTE,
    resolvedAtMs: isOver ? T0 + 35 * MINUTE : null,
    run: hasRun
      ? {
          headline:
            face === 'awaiting'
              ? `"Restart workers" asked for by ${userToken('U0AAAAAAA1')} waits for a second person until ${timeToken(T0 + 38 * MINUTE)}`
              : running.includes(face)
                ? `"Restart workers" by ${userToken('U0AAAAAAA1')} is running since ${timeToken(T0 + 28 * MINUTE)}, 1 of 2 hosts done`
                : `"Restart workers" by ${userToken('U0AAAAAAA1')} at ${timeToken(T0 + 28 * MINUTE)}: it helped: 38 → 9 of 50 connections, 40 seconds after it ended`,
          lines:
            face === 'awaiting'
              ? []
              : ['i-0aaaaaaaaaaaaaaa1: done', 'shop-worker: pid 4711 → 5822, stayed up for 10 s'],
          brief: judged.includes(face) ? 'Done on i-0aaaaaaaaaaaaaaa1; what each said is in the details' : null,
        }
      : null,
    tried: face === 'relapsed' ? [`Restart workers, by ${userToken('U0AAAAAAA2')}: no effect`] : [],
    offers: isOver || running.includes(face) ? [] : [restartOffer],
    controls: controlsFor(face, isOver),
    record: isOver || running.includes(face) ? null : RECORD,
    advice: [],
    acknowledgedBy: null,
    acknowledgedAtMs: null,
    silence: null,
    isPractice: false,
    ...more,
  };
}

function controlsFor(face: Face, isOver: boolean): Controls {
  const { details } = controls;
  const none = { ...controls, acknowledge: null, silence: null };
  if (isOver) return { ...none, details };
  if (face === 'running') return { ...controls, cancel: { kind: 'cancel', ...theRun } };
  if (face !== 'awaiting') return controls;
  const approve = { kind: 'approve', ...place, offerVersion: 3, runId: theRun.runId } as const;
  return { ...controls, approve, reject: { kind: 'reject', ...theRun } };
}

export function holder(user: string, host: string, connections: number, sleeping: number): Notice['holders'][number] {
  return {
    user,
    host,
    database: 'shop',
    connections,
    sleeping,
    ages: [sleeping, sleeping, 0, 0],
    longestIdleSeconds: 840,
  };
}

/** What a database, a host or a script may say. */
export const nastyStrings: readonly string[] = [
  'h'.repeat(200),
  '<!channel> <!here> <!everyone> <@U0AAAAAAA9> <#C0AAAAAAA9>',
  '<https://evil.example|click here> https://evil.example evil.example',
  ':skull: :+1: a:b:c :skin-tone-2:',
  '*bold* _it_ ~gone~ `code` ```block``` > quote',
  'a\u202Eb\u2066c\u200Fd\u0000e\u001B[31mf\u2028g\r\nh',
  'מסד נתונים שבור',
  'قاعدة البيانات 123',
  '&lt;!channel&gt; &amp; &',
  '😀'.repeat(120),
  '\uD800 lone surrogate',
  '',
  '   ',
  '⟦user:U0AAAAAAA9⟧ ⟦time:99999999999999⟧ ⟦time:ABC⟧',
  '&'.repeat(4000),
];

/** The same string wherever a database, a host, a script or a person could have put it. */
export function nastyNotice(face: Face, nasty: string): Notice {
  const base = noticeFor(face);
  return {
    ...base,
    title: nasty,
    summary: nasty,
    facts: Array.from({ length: 12 }, () => nasty),
    holders: Array.from({ length: 5 }, () => ({ ...holder(nasty, nasty, 7, 7), database: nasty, grew: nasty })),
    record: nasty,
    run: {
      headline: nasty,
      lines: Array.from({ length: 60 }, () => nasty),
      brief: face === 'recovered' ? nasty : null,
    },
    tried: Array.from({ length: 5 }, () => nasty),
    offers: [
      ...Array.from({ length: 7 }, (_, at) => ({
        ...restartOffer,
        title: nasty || 'x',
        says: nasty,
        risk: 'disrupt' as const,
        confirm: at % 2 === 0 ? ('dialog' as const) : ('form' as const),
        needsApproval: true,
        undoTitle: nasty,
        fitsCause: at < 5,
        hazards: [nasty, nasty],
        request: { ...runRequest, runbookId: `runbook-${at}` },
      })),
      ...Array.from({ length: 4 }, () => ({
        kind: 'suggested' as const,
        runbookId: 'x',
        title: nasty,
        says: nasty,
        why: nasty,
        told: 'card' as const,
      })),
    ],
    advice: Array.from({ length: 5 }, (_, at) => `${at} ${nasty}`),
    controls: { ...base.controls, undo: { ...undoOffer, title: nasty || 'x', says: nasty } },
    acknowledgedBy: nasty,
    acknowledgedAtMs: T0,
    silence: { untilMs: T0, byUserId: nasty, why: nasty },
    isPractice: true,
  };
}

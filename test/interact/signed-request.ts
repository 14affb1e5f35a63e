import { createHmac } from 'node:crypto';
import { actionIdOf, encodeClickValue } from '../../functions/adapters/slack/click-value.ts';
import { runRequest, T0 } from '../adapters/slack/support/notices.ts';

export const SIGNING_SECRET = 'test-signing-secret';
/** When the requests of these tests are made. */
export const NOW_MS = T0;

export interface RequestParts {
  readonly body: string | Buffer;
  readonly secret: string;
  readonly atMs: number;
  readonly method: string;
  readonly path: string;
  readonly base64: boolean;
  /** Replaces a header; undefined takes it away. */
  readonly headers: Readonly<Record<string, string | undefined>>;
}

/** A function URL event as Slack's request makes it, signed over the raw bytes. */
export function signedEvent(parts: Partial<RequestParts> & Pick<RequestParts, 'body'>) {
  const {
    body,
    secret = SIGNING_SECRET,
    atMs = NOW_MS,
    method = 'POST',
    path = '/slack/events',
    base64 = true,
  } = parts;
  const bytes = Buffer.from(body);
  const timestamp = String(Math.floor(atMs / 1000));
  const signature = createHmac('sha256', secret).update(`v0:${timestamp}:`).update(bytes).digest('hex');
  const headers = {
    'content-type': 'application/x-www-form-urlencoded',
    'x-slack-request-timestamp': timestamp,
    'x-slack-signature': `v0=${signature}`,
    'user-agent': 'Slackbot 1.0',
    ...parts.headers,
  };
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath: path,
    rawQueryString: '',
    headers: Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined)),
    requestContext: { http: { method, path } },
    body: base64 ? bytes.toString('base64') : bytes.toString('utf8'),
    isBase64Encoded: base64,
  };
}

export function form(payload: unknown): string {
  return new URLSearchParams({ payload: typeof payload === 'string' ? payload : JSON.stringify(payload) }).toString();
}

/** As Slack's own servers write it: slashes and everything beyond ASCII escaped in the JSON, then form-encoded. */
export function formOfSlack(payload: object): string {
  const json = JSON.stringify(payload)
    .replaceAll('/', String.raw`\/`)
    .replace(/[\u0080-\uFFFF]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return new URLSearchParams({ payload: json }).toString();
}

export type Asked = Parameters<typeof encodeClickValue>[0];

/** What Slack sends when a person presses a button of a card. */
export function blockActions(request: Asked = runRequest, more: object = {}, action: object = {}) {
  return {
    type: 'block_actions',
    user: { id: 'U0AAAAAAA1', username: 'oncall', name: 'oncall', team_id: 'T0AAAAAAA1' },
    api_app_id: 'A0APP00001',
    token: 'unused',
    container: { type: 'message', message_ts: '1773457000.000100', channel_id: 'C0ALARMS01', is_ephemeral: false },
    trigger_id: '1.2.3',
    team: { id: 'T0AAAAAAA1', domain: 'shop' },
    enterprise: null,
    is_enterprise_install: false,
    channel: { id: 'C0ALARMS01', name: 'alarms' },
    message: { type: 'message', ts: '1773457000.000100', text: 'Ünïcode ✓ & more' },
    response_url: 'https://hooks.slack.example/actions/x',
    actions: [
      {
        type: 'button',
        action_id: actionIdOf(request),
        block_id: 'act:shop',
        value: encodeClickValue(request),
        action_ts: '1773457620.123456',
        ...action,
      },
    ],
    ...more,
  };
}

export const viewSubmission = {
  type: 'view_submission',
  team: { id: 'T0AAAAAAA1', domain: 'shop' },
  user: { id: 'U0AAAAAAA1', name: 'oncall', team_id: 'T0AAAAAAA1' },
  view: { id: 'V0AAAAAAA1', type: 'modal', callback_id: 'confirm-run', private_metadata: '', state: { values: {} } },
};

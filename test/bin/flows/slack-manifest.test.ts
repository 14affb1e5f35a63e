import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { run } from '../../../bin/commands/slack-manifest.ts';
import { BOT_SCOPES, type SlackWay, slackManifest } from '../../../bin/flows/slack-manifest.ts';
import { INTERACT_PATHS } from '../../../functions/adapters/slack/verify-request.ts';
import { RecordingConsole } from '../support/recording-console.ts';

const URL_OF_FUNCTION = 'https://abc123.lambda-url.eu-central-1.on.aws/';
const WAYS: readonly SlackWay[] = [{ kind: 'none' }, { kind: 'socket' }, { kind: 'url', url: URL_OF_FUNCTION }];

/**
 * What Slack publishes for a manifest (slackapi/manifest-schema, version 1 of the schema), for the parts that we send and
 * no wider; unknown keys are refused, as there.
 */
const https = z.url({ protocol: /^https$/ }).max(3000);
/** Nothing may be without its least: an empty description or hint is refused as well. */
const some = z.string().min(1);
const limits = z.strictObject({
  _metadata: z.strictObject({ major_version: z.literal([1, 2]), minor_version: z.literal(1) }),
  display_information: z.strictObject({
    name: z.string().min(1).max(35),
    description: some.max(140),
    background_color: z.string().regex(/^#([0-9a-f]{3}){1,2}$/),
  }),
  features: z.strictObject({
    bot_user: z.strictObject({ display_name: z.string().regex(/^[a-z0-9._-]{1,80}$/), always_online: z.boolean() }),
    app_home: z.strictObject({
      home_tab_enabled: z.boolean(),
      messages_tab_enabled: z.boolean(),
      messages_tab_read_only_enabled: z.boolean(),
    }),
    slash_commands: z
      .array(
        z.strictObject({
          command: z.string().regex(/^\/[a-z0-9_-]{1,31}$/),
          url: https.optional(),
          description: z.string().min(1).max(2000),
          usage_hint: some.max(1000),
          should_escape: z.boolean(),
        }),
      )
      .min(1)
      .max(50)
      .optional(),
  }),
  oauth_config: z.strictObject({ scopes: z.strictObject({ bot: z.array(z.string().max(50)).max(255) }) }),
  settings: z.strictObject({
    interactivity: z.strictObject({ is_enabled: z.boolean(), request_url: https.optional() }),
    org_deploy_enabled: z.boolean(),
    socket_mode_enabled: z.boolean(),
    token_rotation_enabled: z.boolean(),
  }),
});

/** Which scope each call of ours needs. */
const SCOPES_BY_CALL: Readonly<Record<string, readonly string[]>> = {
  'chat.postMessage': ['chat:write'],
  'chat.update': ['chat:write'],
  'chat.postEphemeral': ['chat:write'],
  'conversations.history': ['channels:history', 'groups:history', 'metadata.message:read'],
  'usergroups.users.list': ['usergroups:read'],
  'users.info': ['users:read'],
  'views.open': [],
  'views.update': [],
  'views.push': [],
  'auth.test': [],
};

describe('the Slack manifest', () => {
  it.each(WAYS)('keeps the limits that Slack publishes ($kind)', (way) => {
    expect(() => limits.parse(slackManifest(way))).not.toThrow();
  });

  it('asks for exactly the scopes that some call of ours needs', () => {
    const folder = 'functions/adapters/slack';
    const text = readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => readFileSync(join(folder, file), 'utf8'))
      .join('\n');
    const called = new Set(
      [
        ...text.matchAll(
          /(?:client\.|')((?:chat|conversations|usergroups|users|views|files|reactions|pins|auth)\.[\w.]+)['(]/g,
        ),
      ].map(([, method = '']) => method),
    );
    expect([...called].filter((method) => !(method in SCOPES_BY_CALL))).toEqual([]);
    const needed = new Set(['commands', ...[...called].flatMap((method) => SCOPES_BY_CALL[method] ?? [])]);
    expect([...needed].sort()).toEqual([...BOT_SCOPES].sort());
  });

  it('sends clicks and commands to a path that the function answers', () => {
    const { settings, features } = limits.parse(slackManifest({ kind: 'url', url: URL_OF_FUNCTION }));
    expect(features.slash_commands?.[0]?.url).toBe(settings.interactivity.request_url);
    expect(INTERACT_PATHS).toContain(new URL(settings.interactivity.request_url ?? '').pathname);
  });

  it('promises no buttons while nothing is deployed', () => {
    const { settings, features } = slackManifest({ kind: 'none' });
    expect(settings?.interactivity).toEqual({ is_enabled: false });
    expect(features?.slash_commands).toBeUndefined();
  });
});

describe('npx runbell slack-manifest', () => {
  it('prints nothing but the manifest on standard output', async () => {
    const io = new RecordingConsole();
    expect(await run(['--url', URL_OF_FUNCTION], io)).toBe(0);
    expect(JSON.parse(io.written.join('\n'))).toEqual(slackManifest({ kind: 'url', url: URL_OF_FUNCTION }));
    expect(io.said.join('\n')).toContain('api.slack.com/apps');
  });

  it('refuses an address that Slack would not take', async () => {
    await expect(run(['--url', 'http://abc.example/'], new RecordingConsole())).rejects.toThrow('SlackRequestUrl');
  });
});

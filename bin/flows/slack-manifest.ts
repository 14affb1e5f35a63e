import type { AppsManifestCreateArguments } from '@slack/web-api';

export type Manifest = AppsManifestCreateArguments['manifest'];

/** What the app asks the workspace for, each because a call of ours needs it. */
export const BOT_SCOPES = [
  /** Cards, replies, private notes and direct messages. */
  'chat:write',
  /** The slash command. */
  'commands',
  /** Finds its own card again after an unclear answer: public channels, private ones, and the mark on the message. */
  'channels:history',
  'groups:history',
  'metadata.message:read',
  /** Who belongs to a group of `userGroups`. */
  'usergroups:read',
  /** Guests and bots are refused unless listed. */
  'users:read',
] as const;

/** Where the deployed function listens. */
const REQUEST_PATH = '/slack/events';

/** How Slack reaches Runbell. */
export type SlackWay =
  | { readonly kind: 'url'; readonly url: string }
  /** `npm start -- --slack`: Runbell opens the connection, and nothing is deployed. */
  | { readonly kind: 'socket' }
  /** Nothing is deployed yet: the app can be made and installed, and its buttons reach nobody. */
  | { readonly kind: 'none' };

/** The Slack app of one installation. All scopes from the start: a later one would mean installing it again. */
export function slackManifest(way: SlackWay): Manifest {
  const requestUrl = way.kind === 'url' ? new URL(REQUEST_PATH, way.url).href : null;
  const address = requestUrl === null ? {} : { url: requestUrl };
  return {
    _metadata: { major_version: 1, minor_version: 1 },
    display_information: {
      name: 'Runbell',
      description: 'Sees a database run out of connections, and runs the runbook you press',
      background_color: '#8a3b12',
    },
    features: {
      bot_user: { display_name: 'runbell', always_online: true },
      // Where a private answer goes that no channel can show; nobody needs to write there.
      app_home: { home_tab_enabled: false, messages_tab_enabled: true, messages_tab_read_only_enabled: true },
      // A command without an address is refused, unless the app connects by itself.
      ...(way.kind === 'none' ? {} : { slash_commands: [{ ...COMMAND, ...address }] }),
    },
    oauth_config: { scopes: { bot: [...BOT_SCOPES] } },
    settings: {
      interactivity: {
        is_enabled: way.kind !== 'none',
        ...(requestUrl === null ? {} : { request_url: requestUrl }),
      },
      org_deploy_enabled: false,
      socket_mode_enabled: way.kind === 'socket',
      token_rotation_enabled: false,
    },
  };
}

const COMMAND = {
  command: '/runbell',
  description: 'What is open, run a runbook, silence or freeze',
  usage_hint: 'status | run <runbook> <application> | silence <target> 1h <reason>',
  // Turns @somebody into the member id that a freeze of one person needs.
  should_escape: true,
};

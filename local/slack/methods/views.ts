import { newId } from '../blocks.ts';
import { validateView } from '../validate-blocks.ts';
import type { OpenView, Workspace } from '../workspace.ts';
import { type Args, jsonArg, type Methods, must, mustBeValid, tier } from './method.ts';

const TRIGGER_MS_MAX = 3_000;
const DEPTH_MAX = 3;

/** Modals. They need no scope, only a fresh trigger. */
export const viewMethods: Methods = {
  'views.open': [null, tier.four, (workspace, args) => show(workspace, args, 'open')],
  'views.push': [null, tier.four, (workspace, args) => show(workspace, args, 'push')],
  'views.update': [null, tier.four, update],
};

function show(workspace: Workspace, args: Args, how: 'open' | 'push'): object {
  const trigger = must(workspace.triggers.get(args['trigger_id'] ?? ''), 'invalid_trigger_id');
  must(!trigger.used, 'exchanged_trigger_id');
  must(workspace.nowMs() - trigger.atMs <= TRIGGER_MS_MAX, 'expired_trigger_id');
  const view = addView(workspace, trigger.userId, jsonArg(args, 'view', 'invalid_arguments'), how);
  trigger.used = true;
  return { view: slackView(workspace, view) };
}

function update(workspace: Workspace, args: Args): object {
  const isWanted = ({ id, modal }: OpenView) =>
    id === args['view_id'] || (modal.external_id !== '' && modal.external_id === args['external_id']);
  const view = must([...workspace.views.values()].flat().find(isWanted), 'not_found');
  must(args['hash'] === undefined || args['hash'] === view.hash, 'hash_conflict');
  replaceView(workspace, view, jsonArg(args, 'view', 'invalid_arguments'));
  return { view: slackView(workspace, view) };
}

/** Put a modal on somebody's screen, alone or on top of what is there. */
export function addView(workspace: Workspace, userId: string, given: unknown, how: 'open' | 'push'): OpenView {
  const modal = mustBeValid(validateView(given));
  const below = how === 'push' ? (workspace.views.get(userId) ?? []) : [];
  must(below.length < DEPTH_MAX, 'push_limit_reached');
  const id = newId('V');
  const place = { id, rootId: below[0]?.id ?? id, previousId: below.at(-1)?.id ?? null, userId };
  const view: OpenView = { ...place, modal, hash: workspace.newTs(), errors: {}, trouble: null };
  workspace.views.set(userId, [...below, view]);
  workspace.changed();
  return view;
}

/** Give an open modal another content. */
export function replaceView(workspace: Workspace, view: OpenView, given: unknown): void {
  const modal = mustBeValid(validateView(given));
  Object.assign(view, { modal, hash: workspace.newTs(), errors: {}, trouble: null });
  workspace.changed();
}

/** A view as payloads and answers carry it; `values` is what the person has filled in. */
export function slackView(workspace: Workspace, view: OpenView, values: object = {}): object {
  const { workspaceId, bot } = workspace.options;
  const { id, hash, modal, rootId, previousId } = view;
  const ids = { id, hash, root_view_id: rootId, previous_view_id: previousId, app_id: bot.appId, bot_id: bot.botId };
  return { submit: null, close: null, ...modal, ...ids, team_id: workspaceId, state: { values } };
}

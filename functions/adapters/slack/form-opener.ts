import * as v from 'valibot';
import { parseJson } from '../../core/invariant.ts';
import type { FormOpener } from '../../core/model/decision.ts';
import { openingForm } from './forms/opening-form.ts';
import { formHandle, ownFormId } from './forms/sent-form.ts';

/** One POST, as `adapters/system/light-post.ts` makes it. */
type Post = (
  url: URL,
  headers: Readonly<Record<string, string>>,
  body: string,
  limitMs: number,
) => Promise<
  | { readonly kind: 'answered'; readonly statusCode: number; readonly text: string }
  | { readonly kind: 'failed'; readonly why: string }
>;

export interface FormOpenerDeps {
  readonly post: Post;
  /** null: the secret cannot be read. */
  readonly botToken: () => Promise<string | null>;
  readonly slackApiUrl: string;
}

/** Slack drops a click that is not acknowledged within three seconds, and the form has to be there before. */
const LIMIT_MS = 1500;

const repeatedCodes = ['exchanged_trigger_id', 'duplicate_external_id'];
/** Slack says that part of the work may have been done before these. */
const halfwayCodes = ['internal_error', 'fatal_error', 'service_unavailable', 'request_timeout'];

const answer = v.object({
  ok: v.boolean(),
  error: v.optional(v.string()),
  view: v.optional(v.object({ id: v.string() })),
});

/** Opens forms without Slack's client, which would cost the click path more than all else that it does. */
export function createFormOpener({ post, botToken, slackApiUrl }: FormOpenerDeps): FormOpener {
  const url = new URL('views.open', slackApiUrl);
  return {
    open: async (triggerId, form, place, unique) => {
      const token = await botToken();
      if (token === null) return { kind: 'failed', why: 'the bot token cannot be read' };
      const ownId = ownFormId(unique);
      const view = { ...openingForm(form, place), external_id: ownId };
      const body = JSON.stringify({ trigger_id: triggerId, view });
      const headers = {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json; charset=utf-8',
        'content-length': String(Buffer.byteLength(body)),
      };
      const answered = await post(url, headers, body, LIMIT_MS);
      const unclear = (why: string) => ({ kind: 'unclear', viewId: formHandle(ownId, place), why }) as const;
      if (answered.kind === 'failed') return unclear(answered.why);
      const parsed = v.safeParse(answer, parseJson(answered.text));
      if (!parsed.success) return unclear(`views.open answered with HTTP ${answered.statusCode}`);
      const { ok, error = 'no id', view: opened } = parsed.output;
      if (ok && opened !== undefined) return { kind: 'opened', viewId: formHandle(opened.id, place) };
      if (halfwayCodes.includes(error)) return unclear(`views.open: ${error}`);
      return repeatedCodes.includes(error)
        ? { kind: 'repeated' }
        : { kind: 'failed', why: `views.open: ${error.slice(0, 60)}` };
    },
  };
}

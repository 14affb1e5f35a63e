import type { FreezeScope } from '../../../core/model/freeze.ts';
import type { FreezeNotice } from '../../../core/model/notice.ts';
import { mrkdwn, plainText, section } from './blocks.ts';
import type { Card } from './render-card.ts';
import { code, dayAndClock, mention, prose, stack } from './text.ts';

const CHARS_MAX = 1200;

/** A freeze as a message: who, what, why, until when, and how it is lifted; then that it has ended. */
export function renderFreeze(notice: FreezeNotice): Card {
  const { id, scope, title, what, byUserId, sinceMs, untilMs, why, ended } = notice;
  const emoji = ended === null ? '❄️' : '🌤️';
  const until = untilMs === null ? 'until somebody lifts it' : `until ${dayAndClock(untilMs)}`;
  const now =
    ended === null
      ? [`Nothing of it runs ${until}. ${code(`/runbell unfreeze ${typed(scope)}`, 120)} lifts it.`]
      : [
          `*${ended.byUserId === null ? 'Its time was over' : `${mention(ended.byUserId)} lifted it`} ${dayAndClock(ended.atMs)}.*`,
        ];
  const who = `${mention(byUserId)} froze *${prose(what, 200)}* ${dayAndClock(sinceMs)}: ${prose(why, 300)}`;
  return {
    text: `${emoji} ${prose(title, 250)}`,
    blocks: [
      {
        type: 'header',
        block_id: 'head',
        text: plainText(`${emoji} ${ended === null ? 'Frozen' : 'No longer frozen'}`),
      },
      section('freeze', stack([who, ...now], CHARS_MAX)),
      { type: 'context', block_id: 'foot', elements: [mrkdwn(code(id, 64))] },
    ],
  };
}

function typed(scope: FreezeScope): string {
  if (scope.kind === 'everything') return scope.kind;
  return scope.kind === 'person' ? '@person' : `${scope.kind} ${scope.id}`;
}

import type { BlockAction } from '@slack/bolt';
import type App from '@slack/bolt/dist/App.js';
import type { Click } from '../../core/act/click.ts';
import { plainText } from './card/blocks.ts';
import { readClick } from './read-click.ts';

/** Only the registering half of Bolt's `App`, so that stock Bolt can be given the same routes in a test. */
export type Routes = Pick<InstanceType<(typeof App)['default']>, 'action' | 'view'>;

export type OnClick = (click: Click) => Promise<'recorded' | 'lost'>;

/** Every listener that there is. The patterns exclude each other, because Bolt runs all that match. */
export function registerRoutes(app: Routes, onClick: OnClick): void {
  // A button that this version does not know gets an answer as well: the card may be from another one.
  app.action<BlockAction>({ type: 'block_actions', action_id: /^/ }, async ({ body, ack }) => {
    const click = readClick(body);
    if (click === null) throw new Error('a click that names no person or no channel cannot be answered');
    if ((await onClick(click)) === 'lost') throw new Error('the click could not be stored');
    await ack();
  });
  app.view(/^/, async ({ ack }) => {
    await ack({ response_action: 'update', view: otherVersion });
  });
}

/** No card of this version opens a form; one that comes back is from another version. */
const otherVersion = {
  type: 'modal' as const,
  title: plainText('Runbell'),
  close: plainText('Close'),
  blocks: [
    {
      type: 'section' as const,
      text: plainText(
        'This form belongs to another version of Runbell. Nothing was started or changed. Close it and use the card.',
      ),
    },
  ],
};

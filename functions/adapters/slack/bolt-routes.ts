import type { BlockAction } from '@slack/bolt';
import type App from '@slack/bolt/dist/App.js';
import type { Click } from '../../core/model/decision.ts';
import { plainText, section } from './card/buttons.ts';
import { readSubmission, wrongFields } from './forms/sent-form.ts';
import { readClick } from './read-click.ts';
import { readCommand } from './read-command.ts';

/** Only the registering half of Bolt's `App`, so that stock Bolt can be given the same routes in a test. */
export type Routes = Pick<InstanceType<(typeof App)['default']>, 'action' | 'view' | 'command'>;

export type OnClick = (click: Click) => Promise<'taken' | 'lost'>;

export const COMMAND = '/runbell';

/** Every listener that there is. The patterns exclude each other, because Bolt runs all that match. */
export function registerRoutes(app: Routes, onClick: OnClick): void {
  const take = async (click: Click): Promise<void> => {
    if ((await onClick(click)) === 'lost') throw new Error('nothing came of the click');
  };
  // A button that this version does not know gets an answer as well: the card may be from another one.
  app.action<BlockAction>({ type: 'block_actions', action_id: /^/ }, async ({ body, ack }) => {
    const click = readClick(body);
    if (click === null) throw new Error('a click that names no person or no channel cannot be answered');
    await take(click);
    await ack();
  });
  app.view(/^/, async ({ body, ack }) => {
    const errors = wrongFields(body);
    if (Object.keys(errors).length > 0) return ack({ response_action: 'errors', errors });
    const click = readSubmission(body);
    if (click === null) return ack({ response_action: 'update', view: otherVersion });
    await take(click);
    await ack();
  });
  app.command(COMMAND, async ({ body, ack }) => {
    const read = readCommand(body);
    if (read.kind === 'click') await take(read.click);
    // Without a text the command leaves no trace in the channel; what becomes of it is told privately.
    await ack(read.kind === 'click' ? undefined : { response_type: 'ephemeral', text: read.text });
  });
}

/** A form that no version knows any more. */
const otherVersion = {
  type: 'modal' as const,
  title: plainText('Runbell'),
  close: plainText('Close'),
  blocks: [
    section(
      'other',
      'This form belongs to another version of Runbell. Nothing was started or changed. Close it and use the card.',
    ),
  ],
};

import type { Story } from '../story.ts';
import { approve } from './approve.ts';
import { doubleClick } from './double-click.ts';
import { freeze } from './freeze.ts';
import { killed } from './killed.ts';
import { refuse } from './refuse.ts';
import { stale } from './stale.ts';
import { storm } from './storm.ts';
import { undo } from './undo.ts';

/** What `npm run drill -- --story NAME` plays. */
export const STORIES: ReadonlyMap<string, Story> = new Map(
  Object.entries({ approve, refuse, freeze, stale, undo, storm, killed, 'double-click': doubleClick }),
);

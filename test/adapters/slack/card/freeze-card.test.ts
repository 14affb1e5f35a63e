import { expect, it } from 'vitest';
import { renderFreeze } from '../../../../functions/adapters/slack/card/summary-card.ts';
import type { Freeze } from '../../../../functions/core/model/freeze.ts';
import { freezeNoticeOf } from '../../../../functions/core/notify/freeze-notice.ts';
import { validateBlocks } from '../../../../local/slack/validate-blocks.ts';
import { messageProblems } from '../support/message-problems.ts';
import { nastyStrings, T0 } from '../support/notices.ts';

const freeze: Freeze = {
  id: 'frz-0123456789abcdef',
  scope: { kind: 'application', id: 'shop' },
  byUserId: 'U0AAAAAAA1',
  sinceMs: T0,
  untilMs: T0 + 3_600_000,
  why: 'deploy under way',
};
const textOf = (change: Partial<Freeze>) => JSON.stringify(renderFreeze(freezeNoticeOf({ ...freeze, ...change })));

it('says who froze what, why, until when, and how it is lifted', () => {
  const text = textOf({});
  for (const said of [
    '❄️ Frozen',
    '<@U0AAAAAAA1>',
    'the application shop',
    'deploy under way',
    '/runbell unfreeze application shop',
  ]) {
    expect(text).toContain(said);
  }
  expect(textOf({ untilMs: null })).toContain('until somebody lifts it');
});

it('says who lifted it, or that its time was over', () => {
  expect(textOf({ ended: { byUserId: 'U0AAAAAAA2', atMs: T0 } })).toContain('<@U0AAAAAAA2> lifted it');
  expect(textOf({ ended: { byUserId: null, atMs: T0 } })).toContain('Its time was over');
  expect(textOf({ ended: { byUserId: null, atMs: T0 } })).not.toContain('unfreeze');
});

it.each(nastyStrings.map((nasty) => [nasty.slice(0, 30), nasty] as const))(
  'shows a reason as written: %j',
  (_, why) => {
    for (const change of [{ why }, { why, scope: { kind: 'person' as const, id: 'U0AAAAAAA1' } }]) {
      const card = renderFreeze(freezeNoticeOf({ ...freeze, ...change }));
      expect(messageProblems(card)).toEqual([]);
      expect(validateBlocks(card.blocks).kind).toBe('valid');
    }
  },
);

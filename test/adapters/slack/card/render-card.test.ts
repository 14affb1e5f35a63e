import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { renderCard } from '../../../../functions/adapters/slack/card/render-card.ts';
import { decodeClickValue, wishOfOption } from '../../../../functions/adapters/slack/click-value.ts';
import type { Face, Notice } from '../../../../functions/core/model/notice.ts';
import { messageProblems, textObjects } from '../support/message-problems.ts';
import {
  allFaces,
  controls,
  holder,
  nastyNotice,
  nastyStrings,
  noticeFor,
  restartOffer,
  runRequest,
  T0,
  undoOffer,
} from '../support/notices.ts';

const allText = (notice: Notice): string =>
  textObjects(renderCard(notice).blocks)
    .map(({ text }) => text)
    .join('\n');

const buttonsOf = (notice: Notice) =>
  renderCard(notice).blocks.flatMap((block) =>
    block.type === 'actions' ? block.elements.filter((element) => element.type === 'button') : [],
  );

describe('the card', () => {
  it.each(allFaces)('fits into what Slack takes with the face %s', (face) => {
    expect(messageProblems(renderCard(noticeFor(face)))).toEqual([]);
    expect(messageProblems(renderCard(noticeFor(face), { withChart: true }))).toEqual([]);
  });

  it('begins with another picture when somebody has it, when it is silenced, and when it is practice', () => {
    const silence = { untilMs: T0 + 3_600_000, byUserId: 'U0AAAAAAA2', why: 'planned migration' };
    const start = (more: Partial<Notice>, face: Face = 'critical') =>
      textObjects(renderCard(noticeFor(face, more)).blocks[0])[0]?.text.split(' · ')[0];
    expect(start({ acknowledgedBy: 'U0AAAAAAA1' })).toBe('👀🔴 Critical, taken');
    expect(start({ silence })).toBe('🔕🔴 Critical, silenced');
    expect(start({ isPractice: true })).toBe('🧪 Practice');
    expect(start({ acknowledgedBy: 'U0AAAAAAA1', silence }, 'running')).toBe('⏳ Running');
    expect(allText(noticeFor('critical', { silence }))).toMatch(
      /🔕 Silent until <!date\^\d+\^\{date_short_pretty\} at \{time\}\|2026-03-14 04:07 UTC>, by <@U0AAAAAAA2>: planned migration/,
    );
  });

  it('looks different at a glance for every face', () => {
    const starts = allFaces.map((face) => renderCard(noticeFor(face)).text.split(' ', 1)[0]);
    const headers = allFaces.map((face) => textObjects(renderCard(noticeFor(face)).blocks[0])[0]?.text.split(' · ')[0]);
    expect(new Set(starts).size).toBe(allFaces.length);
    expect(new Set(headers).size).toBe(allFaces.length);
  });

  it('keeps the kind of its leading block over all faces, because Slack refuses to edit that', () => {
    expect(new Set(allFaces.map((face) => renderCard(noticeFor(face)).blocks[0]?.type))).toEqual(new Set(['header']));
  });

  it('says in the lock screen text what is wrong and how bad', () => {
    expect(renderCard(noticeFor('critical')).text).toBe(
      '🔴 Critical: orders-db leaks connections. 38 of 50 connections (76 %), +4 a minute, full in about 3 minutes',
    );
  });

  it('says who holds the connections, from where, what share, and for how long idle', () => {
    expect(allText(noticeFor('critical'))).toContain(
      '• *22* (44 %) `shop_app` from `web-2` in `shop`: 20 idle, longest 14 minutes',
    );
  });

  it('adds up what the smaller holders have instead of listing them', () => {
    const holders = [1, 2, 3, 4, 5, 6, 7].map((number) => holder(`user${number}`, 'web-1', number, 0));
    expect(allText(noticeFor('critical', { holders }))).toContain('• 13 more of others');
  });

  it('draws the trail up to the limit, and names the peak when it is over', () => {
    const trail = [10, 25, 50, 12].map((connected, at) => [T0 + at * 60_000, connected] as const);
    expect(allText(noticeFor('recovered', { trail }))).toContain('`▂▅█▂` 10 → 12 in 3 minutes, peak 50, limit 50');
  });

  it('leaves the trail out while there is nothing to compare', () => {
    expect(allText(noticeFor('critical', { trail: [[T0, 40]] }))).not.toContain('→');
  });

  it('tells since when in the time zone of the reader, in UTC where that cannot be done', () => {
    expect(allText(noticeFor('critical'))).toContain(
      `Since <!date^${T0 / 1000 + 20 * 60}^{date_short_pretty} at {time}|2026-03-14 03:27 UTC>`,
    );
  });

  it('says first what runs and by whom while a runbook runs', () => {
    const [header, run] = textObjects(renderCard(noticeFor('running')).blocks);
    expect(header?.text).toBe('⏳ Running · orders-db');
    expect(run?.text).toMatch(
      /^\*"Restart workers" by <@U0AAAAAAA1> is running since <!date\^\d+\^\{time_secs\}\|03:35:00 UTC>/,
    );
  });

  it('says before and after, who did it and when, once it has recovered', () => {
    const [header, run, summary] = textObjects(renderCard(noticeFor('recovered')).blocks);
    expect(header?.text).toBe('✅ Recovered · orders-db');
    expect(run?.text).toMatch(
      /<@U0AAAAAAA1> at <!date\^\d+\^\{time_secs\}\|03:35:00 UTC>: it helped: 38 → 9 of 50 connections, 40 seconds after it ended\*\nDone on/,
    );
    expect(summary?.text).toMatch(/, over <!date.* after 15 minutes/);
  });

  it('leaves to the details what each host said, once the database has the word', () => {
    const run = { headline: 'It ran', lines: ['web-1: done', 'shop-worker: pid 1 -> 2'], brief: 'Done on web-1' };
    expect(allText(noticeFor('notRecovered', { run }))).toContain('*It ran*\nDone on web-1\n');
    expect(allText(noticeFor('notRecovered', { run }))).not.toContain('pid 1');
    expect(allText(noticeFor('notRecovered', { run: { ...run, brief: null } }))).toContain(
      '• shop-worker: pid 1 -&gt; 2',
    );
  });

  it('says directly above the buttons what they have done here before, and nothing where nothing is known', () => {
    const ids = renderCard(noticeFor('critical')).blocks.map((block) => block.block_id);
    expect(ids[ids.indexOf('act') - 1]).toBe('record');
    expect(allText(noticeFor('critical'))).toContain('*Here before:* Restart workers helped 4 of 5 times; 2 of');
    expect(allText(noticeFor('critical', { record: null }))).not.toContain('Here before');
  });

  it('says at the holder that it is the one that grew', () => {
    const grown = { ...holder('shop_app', 'web-2', 22, 0), grew: 'grew by 12, 90 % of the growth' };
    expect(allText(noticeFor('critical', { holders: [grown] }))).toContain(
      '`web-2` in `shop`; *grew by 12, 90 % of the growth*',
    );
  });

  it('says who has it and offers no second acknowledgement', () => {
    const taken = { acknowledgedBy: 'U0AAAAAAA1', acknowledgedAtMs: T0 };
    const notice = noticeFor('critical', { ...taken, controls: { ...controls, acknowledge: null } });
    expect(allText(notice)).toContain('👀 <@U0AAAAAAA1> has it since <!date');
    expect(buttonsOf(notice).map((button) => button.action_id)).not.toContain('acknowledge');
  });

  it('has nothing to press but the details once the incident is over', () => {
    expect(buttonsOf(noticeFor('recovered')).map((button) => button.action_id)).toEqual(['details']);
  });

  it('can be cancelled while it runs, and asks before it does', () => {
    const cancel = buttonsOf(noticeFor('running')).find((button) => button.action_id === 'cancel');
    expect(cancel?.confirm?.text.text).toContain('What has been done stays done.');
    expect(decodeClickValue(cancel?.value)).toEqual(noticeFor('running').controls.cancel);
  });

  it('offers a second person a yes and a no before anything else', () => {
    expect(buttonsOf(noticeFor('awaiting')).map((button) => button.action_id)).toEqual([
      'approve',
      'reject',
      'acknowledge',
      'silence',
      'details',
    ]);
  });

  it('offers to take back what has run, with the runbook that does', () => {
    const notice = noticeFor('notRecovered', { controls: { ...controls, undo: undoOffer } });
    const undo = buttonsOf(notice).find((button) => button.action_id === 'undo:roll-forward:shop');
    expect(decodeClickValue(undo?.value)).toEqual(undoOffer.request);
    expect(allText(notice)).toContain('*Roll forward again*: Switches back');
  });

  it('keeps the chart below the buttons, and says the same in characters where there is none', () => {
    const types = renderCard(noticeFor('critical'), { withChart: true }).blocks.map(({ type }) => type);
    expect(types.indexOf('data_visualization')).toBeGreaterThan(types.lastIndexOf('actions'));
    const drawn = textObjects(renderCard(noticeFor('critical'), { withChart: true }).blocks);
    expect(drawn.map(({ text }) => text).join('\n')).not.toContain('▃');
    expect(allText(noticeFor('critical'))).toContain('▃');
  });
});

describe('a button', () => {
  it('carries exactly what it was drawn for', () => {
    const [run, acknowledge] = buttonsOf(noticeFor('critical'));
    expect(decodeClickValue(run?.value)).toEqual(runRequest);
    expect(acknowledge?.action_id).toBe('acknowledge');
    expect(decodeClickValue(acknowledge?.value)).toEqual({
      kind: 'acknowledge',
      targetId: 'orders-db',
      incidentId: 'inc-a1b2c3d4e5',
    });
  });

  it('asks again before it changes anything: on which hosts, what happens, and the hazards', () => {
    const [run] = buttonsOf(noticeFor('critical'));
    expect(run?.confirm?.text.text).toBe(
      [
        'On i-0aaaaaaaaaaaaaaa1, i-0aaaaaaaaaaaaaaa2:',
        'Restarts the PM2 processes of the application, one host after the other.',
        '⚠️ Requests in flight on a worker are cut off.',
      ].join('\n'),
    );
  });

  it.each([
    ['read', undefined, undefined],
    ['change', 'primary', undefined],
    ['disrupt', 'danger', 'danger'],
  ] as const)('of risk %s is drawn as such', (risk, style, confirmStyle) => {
    const offers = [{ ...restartOffer, risk, confirm: risk === 'read' ? ('none' as const) : ('dialog' as const) }];
    const [run] = buttonsOf(noticeFor('critical', { offers }));
    expect(run?.style).toBe(risk === 'read' ? 'primary' : style);
    expect(run?.confirm?.style).toBe(confirmStyle);
    expect(run?.confirm === undefined).toBe(risk === 'read');
  });

  it('has a colour only where it fits best and something is wrong', () => {
    const offers = [restartOffer, { ...restartOffer, title: 'Reload', risk: 'disrupt' as const }];
    const styles = (face: Face) => buttonsOf(noticeFor(face, { offers })).map(({ style }) => style);
    expect(styles('critical').slice(0, 2)).toEqual(['primary', undefined]);
    expect(styles('settling').slice(0, 2)).toEqual([undefined, undefined]);
  });

  it('names the first hosts and counts the rest when there are many', () => {
    const hosts = Array.from({ length: 50 }, (_, at) => `mi-${String(at).padStart(17, '0')}`);
    const notice = noticeFor('critical', { offers: [{ ...restartOffer, request: { ...runRequest, hosts } }] });
    expect(buttonsOf(notice)[0]?.confirm?.text.text).toContain('mi-00000000000000004 and 45 more:');
    expect(messageProblems(renderCard(notice))).toEqual([]);
  });

  it('opens a form where one has to come first, and leaves the hazards to it', () => {
    const notice = noticeFor('critical', { offers: [{ ...restartOffer, risk: 'disrupt', confirm: 'form' }] });
    const [run] = buttonsOf(notice);
    expect(run).toMatchObject({ action_id: 'ask:restart-workers:shop', text: { text: 'Restart workers…' } });
    expect(run?.confirm).toBeUndefined();
    expect(decodeClickValue(run?.value)).toEqual(runRequest);
    expect(allText(notice)).not.toContain('cut off');
  });

  it('says before the click that a second person has to agree, and what takes it back', () => {
    const offers = [{ ...restartOffer, needsApproval: true, undoTitle: 'Roll forward' }];
    expect(allText(noticeFor('critical', { offers }))).toContain(
      'A second person has to agree. Can be taken back by “Roll forward”.',
    );
    const own = [{ ...restartOffer, undoTitle: restartOffer.title }];
    expect(allText(noticeFor('critical', { offers: own }))).toContain('Can be taken back.');
  });

  it('is one of a few; everything else that can be run is in a menu of its application', () => {
    const offers = ['a', 'b', 'c', 'd', 'e'].map((name, at) => ({
      ...restartOffer,
      title: `Do ${name}`,
      fitsCause: at !== 2,
      request: { ...runRequest, runbookId: `do-${name}` },
    }));
    const { blocks } = renderCard(noticeFor('critical', { offers }));
    const elements = blocks.flatMap((block) => (block.type === 'actions' ? block.elements : []));
    expect(elements.flatMap((one) => (one.type === 'button' ? [one.action_id] : [])).slice(0, 3)).toEqual([
      'run:do-a:shop',
      'run:do-b:shop',
      'run:do-d:shop',
    ]);
    const [menu] = elements.filter((one) => one.type === 'static_select');
    expect(menu).toMatchObject({ action_id: 'more:shop:orders-db' });
    expect(menu?.options?.map(({ value }) => value)).toEqual(['do-c', 'do-e']);
    expect(wishOfOption('more:shop:orders-db', 'do-e', '1.2')).toEqual({
      kind: 'form',
      triggerId: '1.2',
      form: {
        kind: 'details',
        request: {
          kind: 'details',
          targetId: 'orders-db',
          of: { kind: 'named', runbookId: 'do-e', applicationId: 'shop', hosts: null },
          viewId: null,
        },
      },
    });
  });

  it('names its application, because the same runbook may be there twice', () => {
    const offers = ['shop', 'admin'].map((applicationId) => ({
      ...restartOffer,
      request: { ...runRequest, applicationId },
    }));
    const notice = noticeFor('critical', { offers });
    expect(messageProblems(renderCard(notice))).toEqual([]);
    expect(buttonsOf(notice).map((button) => button.action_id)).toEqual([
      'run:restart-workers:shop',
      'run:restart-workers:admin',
      'acknowledge',
      'silence',
      'details',
    ]);
  });

  it('is missing where nobody may press it, and the card says why', () => {
    const why = 'nobody may run this yet: list a person under "people"';
    const suggested = {
      kind: 'suggested' as const,
      runbookId: 'restart-workers',
      title: 'Restart workers',
      says: 'Restarts them.',
      why,
      told: 'card' as const,
    };
    const notice = noticeFor('critical', { offers: [suggested], advice: [why, 'Ask the owner of the shop.'] });
    expect(buttonsOf(notice).map((button) => button.action_id)).not.toContain('run:restart-workers:shop');
    expect(allText(notice).split(why)).toHaveLength(2);
    expect(allText(notice)).toContain('Ask the owner of the shop.');
  });
});

describe('what a database, a host or a script says', () => {
  it.each(nastyStrings.map((nasty) => [nasty.slice(0, 30), nasty] as const))(
    'stays within the limits: %j',
    (_, nasty) => {
      for (const face of allFaces) {
        expect(messageProblems(renderCard(nastyNotice(face, nasty), { withChart: true }))).toEqual([]);
      }
    },
  );

  it.each(nastyStrings.map((nasty) => [nasty.slice(0, 30), nasty] as const))(
    'is read by nobody as mark-up: %j',
    (_, nasty) => {
      const card = renderCard(nastyNotice('notRecovered', nasty));
      const texts = [{ type: 'mrkdwn', text: card.text }, ...textObjects(card.blocks)];
      for (const { type, text } of texts) {
        // biome-ignore lint/suspicious/noControlCharactersInRegex: that none is left is the point.
        expect(text).not.toMatch(/[\u0000-\u0009\u000B-\u001F\u202A-\u202E\u2066\u2067\u200E\u200F]|\p{Cs}/u);
        if (type !== 'mrkdwn') continue;
        const outsideOfDates = text.replaceAll(/<!date\^\d+\^[^|<>]+\|[\d: -]+ UTC>/g, '');
        expect(outsideOfDates.replaceAll(/<@U0AAAAAAA9>/g, nasty.startsWith('⟦') ? '' : '<')).not.toMatch(/[<>]/);
        expect(text.replaceAll(/&(amp|lt|gt);/g, '')).not.toContain('&');
        expect(text.replaceAll(/`[^`]*`/g, '')).not.toMatch(/:[\w+'-]+:(?!\d)/);
      }
      for (const block of card.blocks) expect(JSON.stringify(block)).not.toContain('"verbatim":false');
    },
  );

  it('fits, whatever it is', () => {
    fc.assert(
      fc.property(fc.constantFrom(...allFaces), fc.string({ unit: 'binary', maxLength: 400 }), (face, nasty) => {
        expect(messageProblems(renderCard(nastyNotice(face, nasty)))).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });
});

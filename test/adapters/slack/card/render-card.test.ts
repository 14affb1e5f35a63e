import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { renderCard } from '../../../../functions/adapters/slack/card/render-card.ts';
import { decodeClickValue } from '../../../../functions/adapters/slack/click-value.ts';
import type { Notice } from '../../../../functions/core/notify/notice.ts';
import { messageProblems, textObjects } from '../support/message-problems.ts';
import {
  allFaces,
  holder,
  nastyNotice,
  nastyStrings,
  noticeFor,
  restartOffer,
  runRequest,
  T0,
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
      `Since <!date^${T0 / 1000 + 20 * 60}^{date_short_pretty} {time}|2026-03-14 03:27 UTC>`,
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
    expect(run?.text).toContain(
      '<@U0AAAAAAA1>: it helped: 38 → 9 of 50 connections, 40 seconds after it ended*\nStarted at <!date',
    );
    expect(summary?.text).toContain(', over at <!date');
  });

  it('says who started a run and when, even if the headline does not', () => {
    const run = { headline: 'Something ran', lines: [], byUserId: 'U0AAAAAAA1', startedAtMs: T0 };
    expect(allText(noticeFor('inconclusive', { run }))).toContain(
      '*Something ran*\nStarted at <!date^1773457620^{time_secs}|03:07:00 UTC> by <@U0AAAAAAA1>',
    );
  });

  it('says who has it and offers no second acknowledgement', () => {
    const notice = noticeFor('critical', { acknowledgedBy: 'U0AAAAAAA1' });
    expect(allText(notice)).toContain('👀 <@U0AAAAAAA1> has it');
    expect(buttonsOf(notice).map((button) => button.action_id)).toEqual(['run:restart-workers']);
  });

  it('has no buttons once the incident is over', () => {
    expect(buttonsOf(noticeFor('recovered'))).toEqual([]);
  });
});

describe('a button', () => {
  it('carries exactly what it was drawn for', () => {
    const [run, acknowledge] = buttonsOf(noticeFor('critical'));
    expect(decodeClickValue(run?.value)).toEqual({ kind: 'read', request: runRequest });
    expect(acknowledge?.action_id).toBe('acknowledge');
    expect(decodeClickValue(acknowledge?.value)).toEqual({
      kind: 'read',
      request: { kind: 'acknowledge', targetId: 'orders-db', incidentId: 'inc-a1b2c3d4e5' },
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
    const offers = [{ ...restartOffer, risk }];
    const [run] = buttonsOf(noticeFor('critical', { offers }));
    expect(run?.style).toBe(risk === 'read' ? 'primary' : style);
    expect(run?.confirm?.style).toBe(confirmStyle);
    expect(run?.confirm === undefined).toBe(risk === 'read');
  });

  it('names the first hosts and counts the rest when there are many', () => {
    const hosts = Array.from({ length: 50 }, (_, at) => `mi-${String(at).padStart(17, '0')}`);
    const notice = noticeFor('critical', { offers: [{ ...restartOffer, request: { ...runRequest, hosts } }] });
    expect(buttonsOf(notice)[0]?.confirm?.text.text).toContain('mi-00000000000000004 and 45 more:');
    expect(messageProblems(renderCard(notice))).toEqual([]);
  });

  it('stands in a row of its own per application, because the same runbook may be there twice', () => {
    const offers = ['shop', 'admin'].map((applicationId) => ({
      ...restartOffer,
      request: { ...runRequest, applicationId },
    }));
    const notice = noticeFor('critical', { offers });
    expect(messageProblems(renderCard(notice))).toEqual([]);
    expect(buttonsOf(notice).map((button) => button.action_id)).toEqual([
      'run:restart-workers',
      'run:restart-workers',
      'acknowledge',
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
    };
    const notice = noticeFor('critical', { offers: [suggested], advice: [why, 'Ask the owner of the shop.'] });
    expect(buttonsOf(notice).map((button) => button.action_id)).toEqual(['acknowledge']);
    expect(allText(notice).split(why)).toHaveLength(2);
    expect(allText(notice)).toContain('Ask the owner of the shop.');
  });
});

describe('what a database, a host or a script says', () => {
  it.each(nastyStrings.map((nasty) => [nasty.slice(0, 30), nasty] as const))(
    'stays within the limits: %j',
    (_, nasty) => {
      for (const face of allFaces) expect(messageProblems(renderCard(nastyNotice(face, nasty)))).toEqual([]);
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

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { filledForm } from '../../../functions/adapters/slack/forms/filled-form.ts';
import { openingForm } from '../../../functions/adapters/slack/forms/opening-form.ts';
import {
  encodeSent,
  formHandle,
  ownFormId,
  readFormHandle,
  readSubmission,
  wrongFields,
} from '../../../functions/adapters/slack/forms/sent-form.ts';
import type { Details, RunDetails } from '../../../functions/core/model/details.ts';
import { validateView } from '../../../local/slack/validate-blocks.ts';
import { runDetails } from './support/card-states.ts';
import { textObjects } from './support/message-problems.ts';
import { allFaces, nastyNotice, nastyStrings, noticeFor, runRequest, undoOffer } from './support/notices.ts';

const place = { channel: 'C0ALARMS01', messageTs: '1773457000.000100' };
const allText = (details: Details): string =>
  textObjects(filledForm(details, place).blocks)
    .map(({ text }) => text)
    .join('\n');

/** What Slack sends when a form is sent. */
const sent = (metadata: string, values: object) => ({
  team: { id: 'T0AAAAAAA1' },
  user: { id: 'U0AAAAAAA1', team_id: 'T0AAAAAAA1' },
  view: { id: 'V0AAAAAAA1', private_metadata: metadata, state: { values } },
});

describe('the form that comes up at a click', () => {
  it.each([
    [
      'a runbook',
      { kind: 'details', request: { kind: 'details', targetId: 'orders-db', of: runRequest, viewId: null } },
    ],
    [
      'a runbook of the menu',
      {
        kind: 'details',
        request: {
          kind: 'details',
          targetId: null,
          of: { kind: 'named', runbookId: 'roll-back', applicationId: 'shop', hosts: null },
          viewId: null,
        },
      },
    ],
    ['an incident', { kind: 'details', request: { kind: 'details', targetId: 'orders-db', of: null, viewId: null } }],
  ] as const)('about %s cannot be sent before it is filled', (_, form) => {
    const view = openingForm(form, place);
    expect(view.submit).toBeUndefined();
    expect(validateView(view).kind).toBe('valid');
    expect(JSON.stringify(view)).toContain('Nothing has been started.');
  });

  it('about a silence asks for a reason and an end', () => {
    const view = openingForm({ kind: 'silence', targetId: 'orders-db' }, place);
    expect(validateView(view).kind).toBe('valid');
    const values = {
      why: { value: { value: '  planned migration ' } },
      for: { value: { selected_option: { value: '3600' } } },
    };
    expect(readSubmission(sent(view.private_metadata ?? '', values))?.wish).toEqual({
      kind: 'request',
      request: { kind: 'silence', targetId: 'orders-db', forSeconds: 3600, why: 'planned migration' },
    });
  });
});

describe('the form of a runbook', () => {
  it('names what would happen, where, with what, and what it did before', () => {
    const text = allText(runDetails);
    for (const said of [
      '38 of 50 connections',
      'i-0aaaaaaaaaaaaaaa2',
      'shop-worker',
      '`Pm2Home` = `/home/deploy/.pm2`',
      'runbell-restart-workers-1f2e3d4c',
      '0123456789abcdef…',
      'does not mend the leak',
      'It cannot be undone.',
      'it helped: 46 → 9 of 50 connections',
    ]) {
      expect(text).toContain(said);
    }
    expect(validateView(filledForm(runDetails, place)).kind).toBe('valid');
  });

  it('says that it has not run here yet instead of saying nothing', () => {
    expect(allText({ ...runDetails, lastOutcomes: [] })).toContain('It has not run here yet.');
  });

  it('says what it would change as far as a host has told, and can be sent without it', () => {
    const previews: RunDetails['preview'][] = [
      { kind: 'reading', hostId: 'i-01' },
      { kind: 'read', hostId: 'i-01', lines: ['version 3', '.env: 2 lines would come back; keys: DB_PORT'] },
      { kind: 'failed', hostId: 'i-01', why: 'the host did not answer in time' },
    ];
    const said = previews.map((preview = null) => {
      const details = { ...runDetails, preview };
      expect(filledForm(details, place).submit?.text).toBe('Start');
      return allText(details);
    });
    expect(said[0]).toContain('being read');
    expect(said[1]).toMatch(/on `i-01`\n• version 3\n• \.env: 2 lines would come back; keys: DB_PORT/);
    expect(said[2]).toContain('could not be read: the host did not answer in time. You can still start it.');
    expect(allText(runDetails)).not.toContain('What it would change');
  });

  it('says that a second person has to agree, on the button too', () => {
    const view = filledForm({ ...runDetails, needsApproval: true }, place);
    expect(view.submit?.text).toBe('Ask for agreement');
    expect(allText({ ...runDetails, needsApproval: true })).toContain('A second person has to agree');
  });

  it('asks for a reason where it can be started without them, and sends it', () => {
    const details = {
      ...runDetails,
      needsApproval: true,
      second: 'Two have to agree: one of them',
      mayBreakGlass: true,
    };
    const view = filledForm(details, place);
    expect(validateView(view).kind).toBe('valid');
    expect(allText(details)).toContain('✋ Two have to agree');
    const typed = (value: string | null) =>
      readSubmission(sent(view.private_metadata ?? '', { glass: { value: { value } } }))?.wish;
    expect(typed(' nobody answers ')).toMatchObject({ request: { ...runRequest, breakGlass: 'nobody answers' } });
    expect(typed(null)).toEqual({ kind: 'request', request: runRequest });
    expect(JSON.stringify(filledForm({ ...details, mayBreakGlass: false }, place))).not.toContain('glass');
  });

  it('says that it only tries out, on the button too, where the application is observed', () => {
    const details = { ...runDetails, isObserved: true, canDryRun: false };
    expect(filledForm(details, place).submit?.text).toBe('Try it (changes nothing)');
    expect(allText(details)).toContain('Observe mode');
    expect(JSON.stringify(filledForm(details, place))).not.toContain('dry-run');
    expect(validateView(filledForm(details, place)).kind).toBe('valid');
  });

  it('sends exactly what was shown, with what was chosen', () => {
    const view = filledForm(runDetails, place);
    const values = {
      hosts: { value: { selected_options: [{ value: 'i-0aaaaaaaaaaaaaaa2' }] } },
      'choice:DrainSeconds': { value: { value: '45' } },
      'dry-run': { value: { selected_options: [{ value: 'yes' }] } },
    };
    expect(readSubmission(sent(view.private_metadata ?? '', values))).toEqual({
      by: { userId: 'U0AAAAAAA1', teamId: 'T0AAAAAAA1', kind: 'member' },
      ...place,
      actionId: 'form:run',
      once: 'V0AAAAAAA1',
      wish: {
        kind: 'request',
        request: { ...runRequest, hosts: ['i-0aaaaaaaaaaaaaaa2'], choices: { DrainSeconds: '45' }, dryRun: true },
      },
    });
  });

  it('leaves a choice that was left empty to its default, and all hosts where none could be chosen', () => {
    const details: RunDetails = { ...runDetails, request: undoOffer.request, hosts: ['web-1'] };
    const view = filledForm(details, place);
    const values = {
      'choice:DrainSeconds': { value: { value: null } },
      'dry-run': { value: { selected_options: [] } },
    };
    expect(readSubmission(sent(view.private_metadata ?? '', values))?.wish).toEqual({
      kind: 'request',
      request: undoOffer.request,
    });
    expect(JSON.stringify(view.blocks)).not.toContain(
      'checkboxes","action_id":"value","options":[{"text":{"type":"plain_text","text":"web-1"',
    );
    expect(allText(details)).toContain('*Hosts* `web-1`');
  });

  it.each([
    ['no metadata', ''],
    ['metadata that is no JSON', 'x'],
    ['metadata of another form', JSON.stringify({ a: 1 })],
    [
      'a value that no form carries',
      encodeSent({ kind: 'acknowledge', targetId: 'orders-db', incidentId: 'inc-1' }, place),
    ],
  ])('that came back with %s is none of this version', (_, metadata) => {
    expect(readSubmission(sent(metadata, {}))).toBeNull();
  });

  it('says at each field that does not fit which and why, before anything is requested', () => {
    const choices = [
      {
        name: 'DrainSeconds',
        says: 'How long workers may take, 0 to 119',
        pattern: '^([0-9]|[1-9][0-9])$',
        preset: '30',
      },
      { name: 'Reload', says: 'yes or no', pattern: '^(yes|no)$', preset: 'no' },
    ];
    const carried = filledForm({ ...runDetails, choices }, place).private_metadata ?? '';
    const typed = (drain: string, reload: string) =>
      sent(carried, {
        'choice:DrainSeconds': { value: { value: drain } },
        'choice:Reload': { value: { value: reload } },
      });
    expect(wrongFields(typed('soon; rm', 'maybe'))).toEqual({
      'choice:DrainSeconds': '“soon; rm” is not possible here. How long workers may take, 0 to 119',
      'choice:Reload': '“maybe” is not possible here. yes or no',
    });
    expect(Object.keys(wrongFields(typed('200', 'yes')))).toEqual(['choice:DrainSeconds']);
    expect(wrongFields(typed(' 45 ', ''))).toEqual({});
    expect(readSubmission(typed('45', 'yes'))?.wish).toMatchObject({
      request: { choices: { DrainSeconds: '45', Reload: 'yes' } },
    });
  });

  it('leaves the check to the decision where there is no room to carry it', () => {
    const says = 'x'.repeat(300);
    const choices = Array.from({ length: 9 }, (_, at) => ({
      name: `N${at}`,
      says,
      pattern: '^[0-9]{1,3}$',
      preset: '',
    }));
    const carried = filledForm({ ...runDetails, choices }, place).private_metadata ?? '';
    expect(wrongFields(sent(carried, { 'choice:N1': { value: { value: 'x' } } }))).toEqual({});
    expect(readSubmission(sent(carried, {}))).not.toBeNull();
  });

  it('that came back altered is answered, and asks for nothing', () => {
    const metadata = encodeSent(runRequest, place).replace('restart-workers', 'rm -rf');
    expect(readSubmission(sent(metadata, {}))?.wish).toMatchObject({
      kind: 'request',
      request: { kind: 'unreadable' },
    });
  });
});

describe('the form of an incident', () => {
  it.each(allFaces)('shows everything about it with the face %s, and cannot be sent', (face) => {
    const details: Details = { kind: 'incident', notice: noticeFor(face), timeline: ['opened'] };
    const view = filledForm(details, place);
    expect(validateView(view).kind).toBe('valid');
    expect(view.submit).toBeUndefined();
    expect(allText(details)).toContain('*Timeline*\n• opened');
  });

  it('says why there is nothing to show', () => {
    expect(allText({ kind: 'refused', sentence: 'The incident on this card is over.' })).toContain('is over');
  });
});

describe('what a database, a host or a person says', () => {
  const full = (nasty: string): Details[] => [
    { kind: 'refused', sentence: nasty },
    { kind: 'incident', notice: nastyNotice('relapsed', nasty), timeline: Array.from({ length: 50 }, () => nasty) },
    {
      ...runDetails,
      title: nasty || 'x',
      says: nasty,
      summary: nasty || 'x',
      processes: Array.from({ length: 40 }, () => nasty),
      parameters: Array.from({ length: 20 }, () => ({ name: nasty, value: nasty, says: nasty })),
      choices: [{ name: 'Choice', says: nasty || 'x', pattern: '^x$', preset: nasty.slice(0, 900) }],
      impact: Array.from({ length: 9 }, () => nasty),
      hazards: Array.from({ length: 9 }, () => nasty),
      preview: { kind: 'read', hostId: nasty, lines: Array.from({ length: 10 }, () => nasty) },
      lastOutcomes: Array.from({ length: 5 }, () => nasty),
    },
  ];

  it.each(nastyStrings.map((nasty) => [nasty.slice(0, 30), nasty] as const))('fits into a form: %j', (_, nasty) => {
    for (const details of full(nasty))
      expect(validateView(filledForm(details, place))).toMatchObject({ kind: 'valid' });
  });

  it('fits, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (nasty) => {
        for (const details of full(nasty)) expect(validateView(filledForm(details, place)).kind).toBe('valid');
      }),
      { numRuns: 50 },
    );
  });
});

it('a form is found again with the place that it was asked from', () => {
  for (const messageTs of [place.messageTs, null]) {
    const handle = formHandle('V0AAAAAAA1', { ...place, messageTs });
    expect(readFormHandle(handle)).toEqual({ form: { view_id: 'V0AAAAAAA1' }, place: { ...place, messageTs } });
  }
  const own = ownFormId('f'.repeat(64));
  expect(readFormHandle(formHandle(own, place))).toEqual({ form: { external_id: own }, place });
});

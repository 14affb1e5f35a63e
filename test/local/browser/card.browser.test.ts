import type { Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Notice } from '../../../functions/core/model/notice.ts';
import { cardStates, runDetails } from '../../adapters/slack/support/card-states.ts';
import { controls, noticeFor, restartOffer, runRequest, undoOffer } from '../../adapters/slack/support/notices.ts';
import { ON_CALL, SECOND, type SlackClickStage, slackClickStage } from '../../interact/slack-click-stage.ts';
import { needs } from '../../support/needs.ts';
import { SOON } from '../../support/soon.ts';
import { type Browser, launchBrowser } from '../slack/support/browser.ts';

needs('chromium', 'the card in a real browser')('the card in a real browser', () => {
  let browser: Browser;
  let stage: SlackClickStage;
  let page: Page;

  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser.close());
  beforeEach(async () => {
    stage = await slackClickStage();
    page = await browser.context.newPage();
    await page.setViewportSize({ width: 390, height: 844 });
  });
  afterEach(async () => {
    await page.close();
    await stage.close();
  });

  const asking: Partial<Notice> = { offers: [{ ...restartOffer, risk: 'disrupt', confirm: 'form' }] };
  const requests = () => stage.requests.records.map(({ request }) => request);
  const stored = (kind: string) => expect.poll(() => requests().find((request) => request.kind === kind), SOON);
  const button = (name: string): Locator => page.getByRole('button', { name, exact: true });
  const form = (): Locator => page.locator('dialog[data-view]');

  async function show(notice: Notice, userId = ON_CALL): Promise<string> {
    const { ts } = await stage.post(notice);
    await page.goto(stage.slack.pageUrl(userId));
    await page.locator(`li.message[data-key="${ts}"]`).waitFor();
    return ts;
  }

  it('starts nothing when the question of a button is answered with no, and what was shown with yes', async () => {
    await show(noticeFor('critical'));
    await button('Restart workers').click();
    const question = page.locator('dialog#confirm');
    expect(await question.textContent()).toContain('On i-0aaaaaaaaaaaaaaa1, i-0aaaaaaaaaaaaaaa2:');
    await question.getByRole('button', { name: 'Not now' }).click();
    expect(requests()).toEqual([]);
    await button('Restart workers').click();
    await question.getByRole('button', { name: 'Restart workers' }).click();
    await stored('run').toEqual(runRequest);
  });

  it('takes a runbook that disrupts through its form by keyboard alone, and gives the focus back', async () => {
    await show(noticeFor('critical', asking));
    await button('Restart workers…').focus();
    await page.keyboard.press('Enter');
    await form().waitFor();
    expect(await form().getByRole('button', { name: 'Start' }).count()).toBe(0);
    await stored('details').toMatchObject({ of: runRequest });
    await stage.fill(runDetails);
    const start = form().getByRole('button', { name: 'Start' });
    await start.waitFor();
    expect(
      await form()
        .getByRole('textbox', { name: /DrainSeconds/ })
        .inputValue(),
    ).toBe('30');
    for (let presses = 0; presses < 12 && !(await isFocused(start)); presses += 1) await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await stored('run').toEqual({ ...runRequest, choices: { DrainSeconds: '30' } });
    await form().waitFor({ state: 'detached' });
    expect(await isFocused(button('Restart workers…'))).toBe(true);
  });

  it('starts nothing when the form is closed with Escape', async () => {
    await show(noticeFor('critical', asking));
    await button('Restart workers…').click();
    await form().waitFor();
    await page.keyboard.press('Escape');
    await form().waitFor({ state: 'detached' });
    await expect.poll(() => requests().map(({ kind }) => kind), SOON).toEqual(['details']);
  });

  it('shows in an open form why it is not possible, with nothing to send', async () => {
    await show(noticeFor('critical', asking));
    await button('Restart workers…').click();
    await stored('details').toMatchObject({ of: runRequest });
    await stage.fill({ kind: 'refused', sentence: 'This ran a moment ago and is cooling down.' });
    await form().getByText('cooling down').waitFor();
    expect(await form().locator('button[type=submit]').count()).toBe(0);
  });

  it('tells a refusal to the one who clicked, and leaves the card as it is for everybody else', async () => {
    const ts = await show(noticeFor('critical'));
    const before = await page.locator(`li.message[data-key="${ts}"] .header`).textContent();
    await stage.board.whisper('C0ALARMS01', ON_CALL, 'You are not on the list of people who may run this.');
    await page.getByText('Only visible to you').waitFor();
    expect(await page.locator(`li.message[data-key="${ts}"] .header`).textContent()).toBe(before);
    await page.goto(stage.slack.pageUrl(SECOND));
    expect(await page.getByText('You are not on the list').count()).toBe(0);
  });

  it('takes a silence with a reason and an end, and none without a reason', async () => {
    await show(noticeFor('critical'));
    await button('Silence…').click();
    await form().waitFor();
    await form().getByRole('button', { name: 'Silence it' }).click();
    await form().getByText('Please complete this required field.').waitFor();
    expect(requests()).toEqual([]);
    await form().getByLabel('Reason').fill('planned migration');
    await form().getByLabel('For how long').selectOption({ label: '4 hours' });
    await form().getByRole('button', { name: 'Silence it' }).click();
    await stored('silence').toEqual({
      kind: 'silence',
      targetId: 'orders-db',
      forSeconds: 14_400,
      why: 'planned migration',
    });
  });

  it('lets a second person agree', async () => {
    await show(noticeFor('awaiting'), SECOND);
    await button('Agree and start').click();
    await stored('approve').toMatchObject({ runId: 'run-0123456789abcdef' });
    expect(stage.requests.records[0]?.by.userId).toBe(SECOND);
  });

  it('cancels a run after a question, and takes back what has run', async () => {
    await show(noticeFor('running'));
    await button('Cancel the run').click();
    await page.locator('dialog#confirm').getByRole('button', { name: 'Cancel the run' }).click();
    await stored('cancel').toMatchObject({ runId: 'run-0123456789abcdef' });
    await show(noticeFor('notRecovered', { controls: { ...controls, undo: undoOffer } }));
    await button('Roll forward again').click();
    await page.locator('dialog#confirm').getByRole('button', { name: 'Roll forward again' }).click();
    await stored('undo').toEqual(undoOffer.request);
  });

  it('opens what does not fit the cause from the menu, without a mouse', async () => {
    const rest = { ...restartOffer, title: 'Clear the caches', fitsCause: false };
    const offers = [restartOffer, { ...rest, request: { ...runRequest, runbookId: 'clear-caches' } }];
    await show(noticeFor('critical', { offers }));
    await page.getByRole('combobox', { name: 'More…' }).selectOption({ label: 'Clear the caches' });
    await stored('details').toMatchObject({ of: { kind: 'named', runbookId: 'clear-caches', applicationId: 'shop' } });
    await form().waitFor();
  });

  it('takes what is typed as a command, and says privately what it does not understand', async () => {
    await show(noticeFor('critical'));
    const box = page.getByRole('textbox', { name: /^Message #/ });
    await box.fill('/runbell freeze @second 2h on holiday & away');
    await box.press('Enter');
    await stored('freeze').toEqual({
      kind: 'freeze',
      scope: { kind: 'person', id: SECOND },
      forSeconds: 7200,
      why: 'on holiday & away',
    });
    await box.fill('/runbell do something');
    await box.press('Enter');
    await page.getByText('understands').waitFor();
    await page.getByText('Only visible to you').waitFor();
    expect(await page.getByText('/runbell do something').count()).toBe(0);
  });

  it('gives the chart and everything that can be pressed a name, in every state', async () => {
    for (const { card } of cardStates) await stage.post(card);
    await page.goto(stage.slack.pageUrl(ON_CALL));
    await page
      .locator('li.message')
      .nth(cardStates.length - 1)
      .waitFor();
    const charts = page.getByRole('img', { name: /^Connections: Connections \d+ to \d+, Limit 50/ });
    expect(await charts.count()).toBeGreaterThan(10);
    const unnamed = await page.locator('.message').evaluateAll((messages) =>
      messages
        .flatMap((message) => [...message.querySelectorAll('button, select, summary, input')])
        .filter((one) => !(one.getAttribute('aria-label') ?? one.textContent ?? '').trim())
        .map((one) => one.outerHTML),
    );
    expect(unnamed).toEqual([]);
  });

  it('needs no sideways scrolling on a phone, in any state', async () => {
    for (const { card } of cardStates) await stage.post(card);
    await page.goto(stage.slack.pageUrl(ON_CALL));
    await page
      .locator('li.message')
      .nth(cardStates.length - 1)
      .waitFor();
    const sizes = await page.locator('ol.messages').evaluate((list) => [list.scrollWidth, list.clientWidth]);
    expect(sizes[0]).toBeLessThanOrEqual(sizes[1] ?? 0);
  });

  async function isFocused(locator: Locator): Promise<boolean> {
    return (await locator.count()) > 0 && (await locator.and(page.locator(':focus')).count()) > 0;
  }
});

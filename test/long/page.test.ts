import { chownSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Config } from '../../functions/core/config/config.ts';
import type { DemoApplication } from '../../local/demo/demo-application.ts';
import { type Demo, startDemo } from '../../local/demo/start-demo.ts';
import { atOnce, LEAK, settled } from '../../local/drill/story.ts';
import { type Browser, launchBrowser } from '../local/slack/support/browser.ts';
import { needs } from '../support/needs.ts';
import { SOON } from '../support/soon.ts';

const STEP_MS_MAX = 120_000;
const FILE = 'settings.json';
const GOOD = '{ "poolSize": 4 }\n';
const BAD = '{ "poolSize": 400 }\n';

/** A run waits here until it has been looked at while it ran; but not for so long that it would fail. */
const GO = 'go';
const UNTIL_GO = `for _ in $(seq 100); do [ -e ${GO} ] && break; sleep 0.1; done`;

/** A rollback is what needs a second person, and what can be taken back. */
function withApproval(config: Config, healthCommand: string): Config {
  const applications = config.applications.map((one) => ({ ...one, configFiles: [FILE], healthCommand }));
  const [former] = Object.values(config.runbooks);
  if (former === undefined) throw new Error('the demonstration sets up its runbook');
  const rollback = { ...former, cooldownSeconds: 0, approval: { withinSeconds: 300, approvers: 1 } };
  return { ...config, applications, runbooks: { ...config.runbooks, 'rollback-config': rollback } };
}

function write(directory: string, name: string, text: string, mode = 0o644): void {
  const { uid, gid } = statSync(directory);
  writeFileSync(join(directory, name), text, { mode });
  chownSync(join(directory, name), uid, gid);
}

needs('chromium', 'the page of the whole loop')('the page of the whole loop', () => {
  let browser: Browser;
  let demo: Demo;
  let page: Page;

  beforeAll(async () => {
    const adjust = (config: Config, { directory }: DemoApplication): Config => {
      // There before the loop, so that Runbell keeps a copy of it.
      write(directory, FILE, GOOD);
      write(directory, 'health', `#!/bin/sh\ncd '${directory}'\n${UNTIL_GO}\n`, 0o755);
      return withApproval(atOnce(config), join(directory, 'health'));
    };
    demo = await startDemo({ engine: 'embedded', port: 0, say: () => undefined, leak: LEAK, adjust });
    browser = await launchBrowser();
    page = await browser.context.newPage();
    page.setDefaultTimeout(STEP_MS_MAX);
    await page.setViewportSize({ width: 390, height: 844 });
    await page.goto(demo.loop.slack.pageUrl());
  });
  afterAll(async () => {
    await browser?.close();
    await demo?.stop();
  });

  const card = (): Locator => page.getByRole('log', { name: 'Messages in alerts' }).getByRole('article').first();
  const heading = (says: RegExp): Promise<void> => card().getByRole('heading', { name: says }).waitFor();
  const button = (name: string): Locator => card().getByRole('button', { name, exact: true });
  const form = (): Locator => page.locator('dialog[data-view]');
  const privately = (says: RegExp): Promise<void> =>
    page.getByRole('article').filter({ hasText: 'Only visible to you' }).filter({ hasText: says }).first().waitFor();

  /** As somebody does who has no mouse: gets there with the tabulator, wherever they were, and presses. */
  async function pressByKey(target: Locator, key = 'Enter'): Promise<void> {
    await target.waitFor();
    for (let presses = 0; presses < 60; presses += 1) {
      if ((await target.and(page.locator(':focus')).count()) > 0) return page.keyboard.press(key);
      await page.keyboard.press('Tab');
    }
    throw new Error(`no number of tabulators leads to ${String(target)}`);
  }

  async function become(name: string): Promise<void> {
    const [id] = await page.getByLabel('You are').selectOption(name);
    // The address may name somebody already: only this person's own page will do.
    await page.locator(`#app[data-user="${id}"]`).waitFor({ state: 'attached' });
  }

  async function typed(text: string): Promise<void> {
    const box = page.getByRole('textbox', { name: 'Message #alerts' });
    await box.fill(text);
    await box.press('Enter');
  }

  async function closed(): Promise<void> {
    await page.keyboard.press('Escape');
    await form().waitFor({ state: 'detached' });
  }

  it('leads two people without a mouse from the first warning to a rollback that is taken back', async () => {
    await demo.application.leak();
    await settled(demo);
    await heading(/(Warning|Critical) · shop-db/);
    await page.getByRole('img', { name: /^Connections: Connections \d+ to \d+, Limit 60/ }).waitFor();
    // Offered, because Runbell has kept a copy to go back to.
    await button('Roll back configuration…').waitFor();
    const tree = await card().ariaSnapshot();
    for (const name of ['Restart workers…', 'Roll back configuration…', 'I have it', 'Silence…', 'Details']) {
      expect(tree).toContain(`button "${name}"`);
    }
    expect(tree).toMatch(/combobox "More…"/);

    // Somebody who may not: the form says so, and the focus comes back to the button.
    await become('Developer (may not run)');
    await pressByKey(button('Restart workers…'));
    await form().getByText('You are not on the list').waitFor();
    expect(await form().locator('button[type=submit]').count()).toBe(0);
    await closed();
    expect(await button('Restart workers…').and(page.locator(':focus')).count()).toBe(1);

    // Taken, and a screen reader is told that the card is another one now.
    await become('On call (you)');
    await pressByKey(button('I have it'));
    await heading(/(Warning|Critical), taken/);
    await expect.poll(() => page.locator('#news').textContent(), SOON).toMatch(/(Warning|Critical), taken/);

    await pressByKey(button('Silence…'));
    await form().getByLabel('Reason').fill('planned migration');
    await pressByKey(form().getByRole('button', { name: 'Silence it' }));
    await heading(/silenced/);
    await pressByKey(button('End the silence'));
    await heading(/(Warning|Critical), taken/);

    await typed('/runbell freeze application shop 10m deploy under way');
    await privately(/You froze the application shop/);
    await page
      .getByRole('article')
      .filter({ hasText: 'Frozen' })
      .getByText(/Nothing of it runs/)
      .waitFor();
    await button('Restart workers…').waitFor({ state: 'detached' });
    await typed('/runbell run restart-workers shop');
    await form()
      .getByText(/froze the application shop .*deploy under way/)
      .waitFor();
    await closed();
    await typed('/runbell unfreeze application shop');
    await privately(/You lifted the freeze/);
    await button('Restart workers…').waitFor();

    // What does not fit this cause is in the menu, which a keyboard opens too.
    await card().getByRole('combobox', { name: 'More…' }).focus();
    await card().getByRole('combobox', { name: 'More…' }).selectOption({ label: 'Diagnose' });
    await form().getByRole('button', { name: 'Start' }).waitFor();
    await closed();
    write(demo.application.directory, FILE, BAD);

    await pressByKey(button('Roll back configuration…'));
    await form().getByLabel('DrainSeconds').fill('2');
    await pressByKey(form().getByRole('button', { name: 'Ask for agreement' }));
    await heading(/Waits for a second person/);
    await pressByKey(button('Agree and start'));
    await privately(/You asked for it yourself/);
    await become('Second on call');
    expect(await page.getByText('You asked for it yourself').count()).toBe(0);
    await pressByKey(button('Agree and start'));
    await heading(/Running/);
    await pressByKey(button('Cancel the run'));
    await pressByKey(page.getByRole('dialog', { name: 'Please confirm' }).getByRole('button', { name: 'Let it run' }));
    write(demo.application.directory, GO, '');
    await heading(/Recovered/);
    expect(readFileSync(join(demo.application.directory, FILE), 'utf8')).toBe(GOOD);

    // Taking it back asks for a second person as well.
    await pressByKey(button('Undo: Roll back configuration…'));
    await pressByKey(form().getByRole('button', { name: 'Ask for agreement' }));
    await heading(/Waits for a second person/);
    await become('On call (you)');
    await pressByKey(button('Agree and start'));
    await expect
      .poll(() => readFileSync(join(demo.application.directory, FILE), 'utf8'), { timeout: STEP_MS_MAX })
      .toBe(BAD);

    const widths = await page
      .locator('ol.messages')
      .first()
      .evaluate((list) => [list.scrollWidth, list.clientWidth]);
    expect(widths[0]).toBeLessThanOrEqual(widths[1] ?? 0);
    expect((await demo.loop.commandsSent()).length).toBe(2);
  });
});

/**
 * `npm run screenshots`: plays the demo with a real browser and keeps pictures of its page in docs/images.
 * They are looked at by people before they are committed; no test compares them.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { type Demo, startDemo } from '../../local/demo/start-demo.ts';
import { findProgram } from '../support/needs.ts';

const FOLDER = join(import.meta.dirname, '..', '..', 'docs', 'images');
const WINDOW = { width: 1040, height: 1060 };
const PHONE = { width: 390, height: 844 };
/** The batch of forgotten connections takes half a minute, a restart and its outcome another. */
const STEP_MS_MAX = 120_000;
const RUN_BUTTON = 'button[data-act^="ask:restart-workers:"]';
/** There from the moment at which the form has been filled. */
const SEND_BUTTON = 'dialog[data-view] button[type="submit"]';

const say = (line: string) => console.log(line);

async function openPage(url: string): Promise<BrowserContext> {
  const executablePath = findProgram('chromium');
  if (executablePath === null) throw new Error('Chromium is not installed: npm run setup:test installs it');
  const browser = await chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
  });
  const context = await browser.newContext({ viewport: WINDOW, deviceScaleFactor: 1.5, colorScheme: 'light' });
  context.setDefaultTimeout(STEP_MS_MAX);
  await (await context.newPage()).goto(url);
  return context;
}

async function keep(page: Page, name: string): Promise<void> {
  mkdirSync(FOLDER, { recursive: true });
  await page.mouse.move(0, 0);
  await page.screenshot({ path: join(FOLDER, `${name}.png`) });
  say(`docs/images/${name}.png`);
}

/** The card's first line, once it says one of these words. */
async function cardSays(page: Page, words: RegExp): Promise<void> {
  await page.locator('h3.header', { hasText: words }).first().waitFor();
}

async function play(page: Page, demo: Demo): Promise<void> {
  await demo.application.leak();
  await page.locator(RUN_BUTTON).first().waitFor();
  // The first card comes while the batch still runs; the picture shows how it ends.
  await page
    .getByText(/\b5\d of 60 connections/)
    .first()
    .waitFor();
  await keep(page, 'before');
  await page.setViewportSize(PHONE);
  await keep(page, 'phone');
  await page.emulateMedia({ colorScheme: 'dark' });
  await keep(page, 'phone-dark');
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize(WINDOW);
  await page.locator(RUN_BUTTON).first().click();
  await page.locator(SEND_BUTTON).waitFor();
  await keep(page, 'form');
  await page.locator(SEND_BUTTON).click();
  await cardSays(page, /Running/);
  await keep(page, 'running');
  await cardSays(page, /Recovered/);
  await keep(page, 'recovered');
}

const demo = await startDemo({ engine: 'auto', port: 0, say });
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => void demo.stop().then(() => process.exit(130)));
}
try {
  const context = await openPage(demo.loop.slack.pageUrl());
  const [page] = context.pages();
  if (page !== undefined) await play(page, demo);
  await context.browser()?.close();
} finally {
  await demo.stop();
}
process.exit(0);

/**
 * `npm run gallery`: takes the real flows through one story for each state of the card, shows what they post on a page
 * as wide as a phone, takes a picture of each, and writes the page that lists them. They are looked at by people
 * before they are committed; no test compares them.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import type { Message } from '../../functions/core/model/notice.ts';
import { CHANNEL, ON_CALL, type SlackClickStage, slackClickStage } from '../interact/slack-click-stage.ts';
import { launchBrowser } from '../local/slack/support/browser.ts';
import { incidentForm, runForm, states, threadOf } from './gallery/states.ts';
import { SHOWN_AT_MS } from './gallery/tale.ts';

process.env['TZ'] = 'UTC';

const DOCS = join(import.meta.dirname, '..', '..', 'docs');
const FOLDER = join(DOCS, 'images', 'cards');
const PHONE = { width: 390, height: 3000 };

interface Picture {
  readonly name: string;
  readonly says: string;
}

async function post({ board }: SlackClickStage, message: Message): Promise<string> {
  const posted = await board.post(CHANNEL, message);
  if (posted.kind !== 'done') throw new Error(JSON.stringify(posted));
  return posted.message.ts;
}

/** Posts it, takes its picture, and leaves the channel as it was. */
async function shoot(stage: SlackClickStage, page: Page, name: string, message: Message): Promise<void> {
  const ts = await post(stage, message);
  const shown = page.locator(`li.message[data-key="${ts}"]`);
  await shown.waitFor();
  await shown.screenshot({ path: join(FOLDER, `${name}.png`) });
  stage.slack.workspace.messages.length = 0;
  stage.slack.workspace.changed();
  await shown.waitFor({ state: 'detached' });
}

async function showCards(stage: SlackClickStage, page: Page): Promise<Picture[]> {
  for (const { name, shows } of states) await shoot(stage, page, name, await shows());
  await page.emulateMedia({ colorScheme: 'dark' });
  await shoot(stage, page, 'dark', await critical());
  await page.emulateMedia({ colorScheme: 'light' });
  return [
    ...states.map(({ name, says }) => ({ name, says })),
    { name: 'dark', says: 'The page of `npm start` follows the dark theme of the machine.' },
  ];
}

async function critical(): Promise<Message> {
  const found = states.find(({ name }) => name === 'critical');
  if (found === undefined) throw new Error('there is no critical card');
  return found.shows();
}

async function showThread(stage: SlackClickStage, page: Page): Promise<Picture> {
  const { card, replies } = await threadOf();
  const ts = await post(stage, card);
  for (const reply of replies) await stage.board.reply({ channel: CHANNEL, ts }, reply);
  await page.setViewportSize({ ...PHONE, height: 1250 });
  await page.locator(`li.message[data-key="${ts}"] a.replies`).click();
  const story = page.locator('#thread ol li.count ~ li.message');
  await story.nth(replies.length - 1).waitFor();
  await page.locator('#thread').screenshot({ path: join(FOLDER, 'thread.png') });
  await page.locator('#thread a.close').click();
  await page.setViewportSize(PHONE);
  return { name: 'thread', says: 'The thread below a card: what a person would want to read later.' };
}

async function showForms(stage: SlackClickStage, page: Page): Promise<Picture[]> {
  const ts = await post(stage, await critical());
  const dialog = page.locator('dialog[data-view]');
  const keep = async (name: string): Promise<void> => {
    await dialog.screenshot({ path: join(FOLDER, `${name}.png`) });
  };
  const reopen = async (actionId: string): Promise<void> => {
    stage.slack.workspace.views.delete(ON_CALL);
    stage.slack.workspace.changed();
    await dialog.waitFor({ state: 'detached' });
    await stage.click(ON_CALL, ts, actionId);
    await dialog.waitFor();
  };
  await reopen('ask:restart-workers:shop');
  await keep('form-opening');
  await stage.fill(await runForm());
  await dialog.locator('button[type=submit]').waitFor();
  await keep('form-run');
  await reopen('silence');
  await keep('form-silence');
  await reopen('details');
  await stage.fill(await incidentForm());
  await dialog.getByText('Timeline').waitFor();
  await keep('form-details');
  const says = {
    'form-opening': 'A runbook that disrupts opens a form at once; until it is filled nothing can be started.',
    'form-run': 'Filled: hosts, processes, parameters, the exact document, hazards, what it did before.',
    'form-silence': 'A silence has a reason and an end.',
    'form-details': 'Everything about an incident.',
  };
  return Object.entries(says).map(([name, text]) => ({ name, says: text }));
}

function pageOf(pictures: readonly Picture[]): string {
  const entry = ({ name, says }: Picture): string =>
    `## ${name}\n\n${says}\n\n<img src="images/cards/${name}.png" width="390" alt="${says}">\n`;
  return `# Every state of the card\n\nMade by \`npm run gallery\`: each picture is what the real flows post at the end of a story, shown by the local Slack on\na page as wide as a phone.\n\n${pictures.map(entry).join('\n')}`;
}

rmSync(FOLDER, { recursive: true, force: true });
mkdirSync(FOLDER, { recursive: true });
const stage = await slackClickStage({ nowMs: () => SHOWN_AT_MS });
const plain = await slackClickStage({ nowMs: () => SHOWN_AT_MS, charts: false });
const browser = await launchBrowser();
try {
  const page = await browser.context.newPage();
  await page.setViewportSize(PHONE);
  await page.goto(stage.slack.pageUrl(ON_CALL));
  const cards = await showCards(stage, page);
  const thread = await showThread(stage, page);
  stage.slack.workspace.messages.length = 0;
  const forms = await showForms(stage, page);
  await page.goto(plain.slack.pageUrl(ON_CALL));
  await page.locator('ol.messages').waitFor();
  await shoot(plain, page, 'without-chart', await critical());
  const without = [
    { name: 'without-chart', says: 'Where a workspace takes no charts, the same is drawn in characters.' },
  ];
  const pictures = [...cards, ...without, thread, ...forms];
  writeFileSync(join(DOCS, 'gallery.md'), pageOf(pictures));
  console.log(`docs/gallery.md with ${pictures.length} pictures`);
} finally {
  await browser.close();
  await Promise.all([stage.close(), plain.close()]);
}
process.exit(0);

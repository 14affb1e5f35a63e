/**
 * `npm run gallery`: shows every state of the card on a page as wide as a phone, takes a picture of each, and
 * writes the page that lists them. They are looked at by people before they are committed; no test compares them.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { cardStates, GALLERY_NOW_MS, runDetails } from '../adapters/slack/support/card-states.ts';
import { noticeFor } from '../adapters/slack/support/notices.ts';
import { KIM, type SlackClickStage, slackClickStage } from '../interact/slack-click-stage.ts';
import { launchBrowser } from '../local/slack/support/browser.ts';

process.env['TZ'] = 'UTC';

const DOCS = join(import.meta.dirname, '..', '..', 'docs');
const FOLDER = join(DOCS, 'images', 'cards');
const PHONE = { width: 390, height: 3000 };

interface Picture {
  readonly name: string;
  readonly says: string;
}

async function showCards(stage: SlackClickStage, page: Page): Promise<Picture[]> {
  for (const { name, card } of cardStates) {
    const { ts } = await stage.post(card);
    const message = page.locator(`li.message[data-key="${ts}"]`);
    await message.waitFor();
    await message.screenshot({ path: join(FOLDER, `${name}.png`) });
    stage.slack.workspace.messages.length = 0;
    stage.slack.workspace.changed();
    await message.waitFor({ state: 'detached' });
  }
  return cardStates.map(({ name, says }) => ({ name, says }));
}

/** The card where the workspace knows no charts. */
async function showWithoutChart(stage: SlackClickStage, page: Page): Promise<Picture[]> {
  const { ts } = await stage.post(noticeFor('critical'));
  const message = page.locator(`li.message[data-key="${ts}"]`);
  await message.waitFor();
  await message.screenshot({ path: join(FOLDER, 'without-chart.png') });
  return [{ name: 'without-chart', says: 'Where a workspace takes no charts, the same is drawn in characters.' }];
}

async function showForms(stage: SlackClickStage, page: Page): Promise<Picture[]> {
  const critical = cardStates.find(({ name }) => name === 'critical');
  if (critical === undefined) throw new Error('there is no critical card');
  const { ts } = await stage.post(critical.card);
  const dialog = page.locator('dialog[data-view]');
  const shoot = async (name: string): Promise<void> => {
    await dialog.screenshot({ path: join(FOLDER, `${name}.png`) });
  };
  const reopen = async (actionId: string): Promise<void> => {
    stage.slack.workspace.views.delete(KIM);
    stage.slack.workspace.changed();
    await dialog.waitFor({ state: 'detached' });
    await stage.click(KIM, ts, actionId);
    await dialog.waitFor();
  };
  await reopen('ask:restart-workers:shop');
  await shoot('form-opening');
  await stage.fill(runDetails);
  await dialog.locator('button[type=submit]').waitFor();
  await shoot('form-run');
  await reopen('silence');
  await shoot('form-silence');
  await reopen('details');
  const timeline = [
    'opened: leak, warning',
    'became critical',
    'kim acknowledged',
    'refused: sam may not run "Restart workers" (notAllowed)',
  ];
  await stage.fill({ kind: 'incident', notice: noticeFor('critical'), timeline });
  await dialog.getByText('Timeline').waitFor();
  await shoot('form-details');
  return [
    {
      name: 'form-opening',
      says: 'A runbook that disrupts opens a form at once; until it is filled nothing can be started.',
    },
    {
      name: 'form-run',
      says: 'Filled: hosts, processes, parameters, the exact document, hazards, what it did before.',
    },
    { name: 'form-silence', says: 'A silence has a reason and an end.' },
    { name: 'form-details', says: 'Everything about an incident.' },
  ];
}

function pageOf(pictures: readonly Picture[]): string {
  const entry = ({ name, says }: Picture): string =>
    `## ${name}\n\n${says}\n\n<img src="images/cards/${name}.png" width="390" alt="${says}">\n`;
  return `# Every state of the card\n\nMade by \`npm run gallery\` through the local Slack, on a page as wide as a phone.\n\n${pictures.map(entry).join('\n')}`;
}

rmSync(FOLDER, { recursive: true, force: true });
mkdirSync(FOLDER, { recursive: true });
const stage = await slackClickStage({ nowMs: () => GALLERY_NOW_MS });
const plain = await slackClickStage({ nowMs: () => GALLERY_NOW_MS, charts: false });
const browser = await launchBrowser();
try {
  const page = await browser.context.newPage();
  await page.setViewportSize(PHONE);
  await page.goto(`${stage.slack.url}/?user=${KIM}`);
  const cards = await showCards(stage, page);
  const forms = await showForms(stage, page);
  await page.goto(`${plain.slack.url}/?user=${KIM}`);
  const without = await showWithoutChart(plain, page);
  const pictures = [...cards, ...without, ...forms];
  writeFileSync(join(DOCS, 'gallery.md'), pageOf(pictures));
  console.log(`docs/gallery.md with ${pictures.length} pictures`);
} finally {
  await browser.close();
  await Promise.all([stage.close(), plain.close()]);
}
process.exit(0);

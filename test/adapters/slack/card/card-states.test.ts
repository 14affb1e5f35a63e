import { describe, expect, it } from 'vitest';
import { renderCard } from '../../../../functions/adapters/slack/card/render-card.ts';
import { renderFreeze, renderSummary } from '../../../../functions/adapters/slack/card/summary-card.ts';
import { validateBlocks } from '../../../../local/slack/validate-blocks.ts';
import { cardStates, stormOf } from '../support/card-states.ts';
import { messageProblems, textObjects } from '../support/message-problems.ts';
import { noticeFor, T0 } from '../support/notices.ts';

const render = (card: (typeof cardStates)[number]['card'], withChart = true) => {
  if (card.kind === 'freeze') return renderFreeze(card);
  return card.kind === 'summary' ? renderSummary(card) : renderCard(card, { withChart });
};

describe('every state of the card', () => {
  it.each(cardStates.map(({ name, card }) => [name, card] as const))('fits into what Slack takes: %s', (_, card) => {
    for (const withChart of [true, false]) {
      const drawn = render(card, withChart);
      expect(messageProblems(drawn)).toEqual([]);
      expect(validateBlocks(drawn.blocks).kind).toBe('valid');
    }
  });

  it('begins with another picture or another word', () => {
    const headers = cardStates
      .filter(({ name }) => name !== 'nobody-may' && name !== 'frozen')
      .map(({ card }) => textObjects(render(card).blocks[0])[0]?.text.split(' · ')[0]);
    expect(new Set(headers).size).toBe(headers.length);
  });
});

describe('the chart', () => {
  const chartOf = (more: Parameters<typeof noticeFor>[1]) => {
    const block = renderCard(noticeFor('critical', more), { withChart: true }).blocks.find(
      (one) => one.type === 'data_visualization',
    );
    return block !== undefined && 'chart' in block ? block.chart : null;
  };

  it('goes on from now to where the forecast ends, between limit and bounds', () => {
    const chart = chartOf({});
    expect(chart?.axis_config.categories.slice(-4)).toEqual(['now', '+1 min', '+2 min', '+3 min']);
    expect(chart?.series.map(({ name, data }) => [name, data.at(-1)?.value])).toEqual([
      ['Connections', 50],
      ['Limit', 50],
      ['Critical from', 45],
      ['Warning from', 40],
    ]);
  });

  it('keeps a short peak, and ends the past with the newest figure', () => {
    const trail = Array.from(
      { length: 60 },
      (_, at) => [T0 + at * 60_000, at === 31 ? 49 : at === 58 ? 40 : 12] as const,
    );
    const [connections] = chartOf({ trail, forecast: [] })?.series ?? [];
    expect(connections?.data.map(({ value }) => value)).toContain(49);
    expect(connections?.data.at(-1)).toEqual({ label: 'now', value: 12 });
  });

  it('leaves out lines of which nothing is known', () => {
    const bounds = { warningAt: null, criticalAt: null };
    expect(chartOf({ bounds, connectionsMax: null })?.series.map(({ name }) => name)).toEqual(['Connections']);
  });

  it.each([
    ['no points', []],
    ['one point', [[T0, 4]]],
    [
      'two points of one instant',
      [
        [T0, 4],
        [T0, 5],
      ],
    ],
  ] as const)('is left out while there is nothing to compare: %s', (_, trail) => {
    expect(chartOf({ trail })).toBeNull();
  });

  it('has no label twice, however short the time is that it shows', () => {
    const trail = Array.from({ length: 40 }, (_, at) => [T0 + at * 250, at] as const);
    const forecast = Array.from({ length: 40 }, (_, at) => [T0 + (40 + at) * 250, at] as const);
    const labels = chartOf({ trail, forecast })?.axis_config.categories ?? [];
    expect(new Set(labels).size).toBe(labels.length);
    expect(labels.length).toBeLessThanOrEqual(20);
  });
});

describe('many incidents in one message', () => {
  it.each([1, 15, 16, 100, 101, 200, 500])(
    'each of %i can be opened, up to the two hundred that are named',
    (count) => {
      const { blocks } = renderSummary(stormOf(count));
      const options = blocks.flatMap((block) =>
        block.type === 'actions'
          ? block.elements.flatMap((element) => (element.type === 'static_select' ? (element.options ?? []) : []))
          : [],
      );
      expect(options.map(({ value }) => value)).toEqual(stormOf(count).lines.map(({ targetId }) => targetId));
      expect(validateBlocks(blocks).kind).toBe('valid');
    },
  );

  it('names the worst, counts the rest, and is green once all is over', () => {
    const text = textObjects(renderSummary(stormOf(500)).blocks)
      .map((one) => one.text)
      .join('\n');
    expect(text).toContain('🔴 tenant-0 refuses connections');
    expect(text).toContain('… and 485 more in the menu');
    expect(renderSummary({ ...stormOf(3), resolvedAtMs: T0 }).text).toMatch(/^🟢/);
  });
});

import { describe, expect, it } from 'vitest';
import { renderBlocks } from '../../../../local/slack/page/render-blocks.ts';
import { validateBlocks } from '../../../../local/slack/validate-blocks.ts';
import { actions, button, confirm, everyKind, lineOf, section } from '../support/blocks.ts';

const names = { user: () => undefined, channel: () => undefined };

function rendered(...blocks: readonly unknown[]): string {
  const judged = validateBlocks(blocks);
  if (judged.kind === 'invalid') throw new Error(judged.problems.join('\n'));
  return renderBlocks(judged.value, { of: '1.000001', names, nowMs: 0 }).source;
}

describe('blocks on the page', () => {
  it('are all shown, in their order', () => {
    const shown = rendered(...everyKind).replace(/<template>.*?<\/template>/gs, '');
    const words = ['Head', 'text', 'left', 'right', 'with', 'More', 'small', 'print', 'run', 'stop', 'Which', 'One'];
    const places = words.map((word) => shown.indexOf(`>${word}<`));
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(Math.min(...places)).toBeGreaterThan(0);
  });

  it('are real buttons that carry their question with them', () => {
    const shown = rendered(actions(button('run', { style: 'danger', confirm })));
    expect(shown).toContain(
      '<button type="button" class="button danger" data-key="run" data-act="run" data-of="1.000001"',
    );
    expect(shown).toMatch(
      /<template><form method="dialog"><h2>Restart\?<\/h2>.*value="deny">No<.*value="confirm">Go</s,
    );
  });

  it('bring no markup of their own', () => {
    const evil = '"><script>alert(1)</script>';
    expect(rendered(section(evil), actions(button(evil, { value: evil })))).not.toContain('<script>');
  });

  it('draw a chart whose highest line stays inside, and say its figures', () => {
    const shown = rendered({ type: 'data_visualization', title: 'Connections', chart: lineOf([0, 25, 53]) });
    expect(shown).toContain('aria-label="Connections: Connections 0 to 53"');
    expect(shown).toContain('points="34.0,152.0 280.0,94.5 526.0,30.1"');
    expect(shown).toContain('>60</text>');
    // Centred at its point, the last name would be cut by the edge of the picture.
    expect(shown).toMatch(/<text x="526" y="174" text-anchor="end">/);
    expect(shown.match(/text-anchor="middle"/g)).toHaveLength(2);
  });
});

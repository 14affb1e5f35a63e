import { describe, expect, it } from 'vitest';
import { renderMrkdwn, renderPlain } from '../../../../local/slack/page/mrkdwn.ts';

const NOW_MS = new Date(2026, 10, 20, 12, 0, 0).getTime();
const seconds = (ms: number) => Math.floor(ms / 1_000);
const names = {
  user: (id: string) => (id === 'U0ONCALL01' ? 'on-call' : undefined),
  channel: (id: string) => (id === 'C0ALERTS01' ? 'db-alerts' : undefined),
};
const rendered = (text: string) => renderMrkdwn(text, names, NOW_MS).source;
const day = { dateStyle: 'medium' } as const;

describe('mrkdwn', () => {
  it.each([
    ['*bold* and _italic_ and ~struck~', '<b>bold</b> and <i>italic</i> and <s>struck</s>'],
    ['*_both_*', '<b><i>both</i></b>'],
    ['2*3*4 and snake_case_name', '2*3*4 and snake_case_name'],
    ['* not * bold', '* not * bold'],
    ['a `*code*` b', 'a <code>*code*</code> b'],
    ['```\nline *1*\nline 2\n```', '<pre>line *1*\nline 2</pre>'],
    ['one\ntwo', 'one<br>two'],
    ['&gt; said\nnext', '<blockquote>said</blockquote>next'],
    [
      '<@U0ONCALL01> in <#C0ALERTS01>',
      '<span class="mention">@on-call</span> in <span class="mention">#db-alerts</span>',
    ],
    ['<@U0NOBODY01>', '<span class="mention">@U0NOBODY01</span>'],
    ['<!channel>', '<span class="mention loud">@channel</span>'],
    [
      '<https://a.example/?x=1&amp;y=2|the *page*>',
      '<a href="https://a.example/?x=1&#38;y=2" target="_blank" rel="noopener noreferrer">the *page*</a>',
    ],
    ['<javascript:alert(1)|click>', '&#60;javascript:alert(1)|click&#62;'],
    [':no_such_emoji:', ':no_such_emoji:'],
    ['at 12:30:45', 'at 12:30:45'],
    ['`x` \uE0000\uE001', '<code>x</code> 0'],
  ])('%j becomes %j', (text, html) => {
    expect(rendered(text)).toBe(html);
  });

  it.each([
    ['<script>alert(1)</script>'],
    ['&lt;script&gt;alert(1)&lt;/script&gt;'],
    ['`<img src=x onerror=alert(1)>`'],
    ['<https://a.example/"onmouseover="alert(1)|x>'],
    ['<@U0"><script>|"><script>>'],
    ['<!date^1^"><script>|"><script>>'],
    ['\uE0000\uE001<b>'],
    [':red_circle"><script>:'],
  ])('%j brings no markup of its own', (text) => {
    expect(rendered(text)).not.toMatch(/<(script|img|b)\b|"onmouseover/);
  });

  it('draws emoji from codes and from characters, with a name for who cannot see them', () => {
    expect(rendered(':red_circle:')).toMatch(/^<svg .*aria-label="red circle"/);
    expect(rendered('⚠️ careful')).toMatch(/^<svg .*aria-label="warning".*<\/svg> careful$/);
    expect(rendered('`🔴`')).toBe('<code>🔴</code>');
  });

  it.each<[format: string, atMs: number, shown: string]>([
    ['{date_num}', NOW_MS, '{date_num}'],
    ['{date_short}', NOW_MS, new Date(NOW_MS).toLocaleString('en-US', day)],
    ['{date_short_pretty} at {time}', NOW_MS, 'today at 12:00 PM'],
    ['{date_pretty}', NOW_MS - 86_400_000, 'yesterday'],
    ['{date_short_pretty}', NOW_MS - 5 * 86_400_000, new Date(NOW_MS - 5 * 86_400_000).toLocaleString('en-US', day)],
    ['at {time_secs}', NOW_MS + 61_000, 'at 12:01:01 PM'],
  ])('shows the date %j in the time zone of the reader', (format, atMs, shown) => {
    const html = rendered(`<!date^${seconds(atMs)}^${format}|fallback>`).replaceAll('\u202f', ' ');
    expect(html).toContain(`>${shown.replaceAll('\u202f', ' ')}</time>`);
  });

  it('shows the fallback of a date that is none', () => {
    expect(rendered('<!date^soon^{time}|5 &lt; 6>')).toBe('5 &#60; 6');
  });
});

describe('plain text', () => {
  it('is shown as it came', () => {
    expect(renderPlain('*a* <b> &lt; `c`').source).toBe('*a* &#60;b&#62; &#38;lt; `c`');
  });

  it('draws codes only where the sender lets them, and characters always', () => {
    expect(renderPlain(':warning: 🔴').source.match(/<svg/g)).toHaveLength(2);
    const drawn = renderPlain(':warning: 🔴 x', false).source;
    expect(drawn).toMatch(/^:warning: <svg .*aria-label="red circle".* x$/);
  });
});

import { describe, expect, it } from 'vitest';
import { code, plain, prose, stack } from '../../../../functions/adapters/slack/card/text.ts';
import { timeToken, userToken } from '../../../../functions/core/text/tokens.ts';

describe('prose', () => {
  it.each([
    ['a broadcast', '<!channel> down', '&lt;!channel&gt; down'],
    ['a link', '<https://a.example|b>', '&lt;https://a.example|b&gt;'],
    ['an escape that is already there', 'a &lt; b', 'a &amp;lt; b'],
    ['an emoji code', 'so :+1: sad', 'so :\u2060+1: sad'],
    ['a time of day', 'at 12:30:45', 'at 12:\u206030:45'],
    ['formatting beside a word', '*bold* _it_ ~no~ `code`', '∗bold∗ ＿it＿ ∼no∼ ʼcodeʼ'],
    ['underscores inside a name', 'shop_app_prod', 'shop_app_prod'],
    ['an override of direction', 'abc\u202Edef', 'abc def'],
    ['line breaks', 'a\r\nb\u2028c', 'a b c'],
    ['right-to-left script', 'שלום', '\u2068שלום\u2069'],
    ['half a surrogate pair', 'a\uD800b', 'a\uFFFDb'],
  ])('shows %s as it was written', (_, given, shown) => {
    expect(prose(given, 200)).toBe(shown);
  });

  it('turns our tokens into a mention and a time', () => {
    expect(prose(`by ${userToken('U0AAAAAAA1')} at ${timeToken(Date.UTC(2026, 2, 14, 3, 7, 9))}`, 200)).toBe(
      'by <@U0AAAAAAA1> at <!date^1773457629^{time_secs}|03:07:09 UTC>',
    );
  });

  it('does not make a mention or a time of a token with something else in it', () => {
    expect(prose('⟦user:0⟧ ⟦time:99999999999999⟧ ⟦time:AB⟧', 200)).toBe('0 99999999999999 AB');
  });

  it('cuts between characters, and keeps mentions and escapes whole', () => {
    expect(prose('😀😀😀', 2 + 4)).toBe('😀…');
    expect(prose('&&&', 2 + 10)).toBe('&amp;…');
    expect(prose(`1234 ${userToken('U0AAAAAAA1')}`, 2 + 12)).toBe('1234 …');
    expect(prose('12345', 2 + 5)).toBe('12345');
  });
});

describe('code', () => {
  it('keeps a name as it can be copied', () => {
    expect(code('fe80::1:2_*x*', 64)).toBe('`fe80::1:2_*x*`');
  });

  it('cannot be left by a backtick', () => {
    expect(code('a`b` <!here>', 64)).toBe('`aʼbʼ &lt;!here&gt;`');
  });

  it('says that there is no name', () => {
    expect(code(' ', 64)).toBe('`(none)`');
  });

  it('is never longer than asked for', () => {
    expect(code('h'.repeat(200), 64)).toHaveLength(62);
  });
});

it('plain text keeps every sign but the invisible ones', () => {
  expect(plain('<b> & :x: *y*\u0007\u200B!', 100)).toBe('<b> & :x: *y* !');
});

it('a stack of lines drops whole lines when the room is used up', () => {
  expect(stack(['aaaa', 'bbbb', 'cccc'], 11)).toBe('aaaa\nbbbb\n…');
  expect(stack(['aaaa', 'bbbb'], 11)).toBe('aaaa\nbbbb');
  expect(stack(['a'.repeat(20)], 11)).toBe('…');
});

it('names a group only to one person, because naming it to others would call all of it', () => {
  expect(prose('ask ⟦group:S0DBA00001⟧', 80, { isPrivate: true })).toBe('ask <!subteam^S0DBA00001>');
  expect(prose('ask ⟦group:S0DBA00001⟧', 80)).toBe('ask S0DBA00001');
  expect(prose('ask ⟦group:CHANNEL⟧', 80, { isPrivate: true })).toBe('ask CHANNEL');
});

it('says the day of what may be days ago', () => {
  expect(prose('⟦time:1773457620⟧', 120, { withDay: true })).toBe(
    '<!date^1773457620^{date_short_pretty} at {time}|2026-03-14 03:07 UTC>',
  );
});

import { Html, html } from './html.ts';

/** Drawn here, 20 by 20, because a machine without an emoji font would show empty boxes. */
const DRAWINGS = `
🔴 red_circle <circle cx="10" cy="10" r="8.5" fill="#dd2e44"/>
🟢 large_green_circle <circle cx="10" cy="10" r="8.5" fill="#3ba55d"/>
⚠ warning <path fill="#fdcb58" d="M10 1.5 19 18H1z"/><path stroke="#31373d" stroke-width="2.2" d="M10 7.5V12m0 3v.1"/>
⛔ no_entry <circle cx="10" cy="10" r="8.5" fill="#dd2e44"/><path stroke="#fff" stroke-width="3" d="M6 10h8"/>
🙈 see_no_evil <circle cx="10" cy="10" r="8.5" fill="#b98a5e"/><path stroke="#6d4a2c" stroke-width="4" d="M4.5 9h4.5m2 0h4.5"/><path stroke="#31373d" stroke-width="1.5" d="M8 14.5h4"/>
🔌 electric_plug <path stroke="#66757f" stroke-width="2.4" d="M7.500 1.500v5m5-5v5"/><path fill="#31373d" d="M4.500 6h11v3.500a5.500 5.500 0 0 1-11 0z"/><path stroke="#31373d" stroke-width="2.4" d="M10 14v4.500"/>
💥 boom <path fill="#f4900c" d="M10 1l2 5 5-2-2 5 5 2-5 2 1 5-5-2-3 4-1-5-6 0 4-4-4-3 5-1z"/>
🩺 stethoscope <path fill="none" stroke="#31373d" stroke-width="2" d="M5 2v5a3.500 3.500 0 0 0 7 0V2M8.500 10.500V14a4 4 0 0 0 8 0v-2"/><circle cx="16.500" cy="10" r="2.200" fill="#3b88e0"/>
⏳ hourglass_flowing_sand <path fill="#c9b18c" d="M4 1.5h12v2c0 3-4.5 5-4.5 6.5s4.5 3.5 4.5 6.5v2H4v-2c0-3 4.5-5 4.5-6.5S4 6.5 4 3.5z"/><path fill="#f4900c" d="M6 17.5c1-2.5 3-3 4-3s3 .5 4 3z"/>
🔎 mag_right <path stroke="#66757f" stroke-width="3" d="M12.5 12.5l5 5"/><circle cx="8" cy="8" r="5.5" fill="#cfe6f7" stroke="#66757f" stroke-width="2"/>
✅ white_check_mark <rect x="1.5" y="1.5" width="17" height="17" rx="4" fill="#3ba55d"/><path stroke="#fff" stroke-width="2.4" d="M5.5 10.5l3.2 3.2 5.8-7.2"/>
📉 chart_with_downwards_trend <rect x="1.5" y="1.5" width="17" height="17" rx="4" fill="#e1e8ed"/><path stroke="#3b88e0" stroke-width="2.2" d="M4 5.5L8 10l3-2.5 5 7"/>
❌ x <path stroke="#dd2e44" stroke-width="3.4" d="M4.5 4.5l11 11m0-11l-11 11"/>
🔁 repeat <rect x="1.5" y="1.5" width="17" height="17" rx="4" fill="#3b88e0"/><path stroke="#fff" stroke-width="1.8" d="M5 9V7.5h9.5M12.5 5.5l2 2-2 2M15 11v1.5H5.5m2 2l-2-2 2-2"/>
❔ grey_question <path stroke="#8899a6" stroke-width="3" d="M6 6.5C6 3.5 8 2.5 10 2.5s4 1.2 4 3.7S10 9.5 10 12.5m0 4.5v.1"/>
👀 eyes <path fill="#fff" stroke="#66757f" d="M5.5 3.5a4 6.5 0 1 0 .1 0zm9 0a4 6.5 0 1 0 .1 0z"/><path stroke="#31373d" stroke-width="4" d="M4.3 11v.6m9 -.6v.6"/>
✋ raised_hand <path fill="#fdcb58" d="M5 11V5.5a1.2 1.2 0 0 1 2.4 0V9V3a1.2 1.2 0 0 1 2.4 0v6V3.500a1.2 1.2 0 0 1 2.4 0V9.500V5.500a1.2 1.2 0 0 1 2.4 0V12c0 4-2 6.5-5 6.5-3.5 0-5-3-7.5-6.5 1-1.5 2.5-.5 2.9-1z"/>
🧪 test_tube <path fill="#cfe6f7" stroke="#66757f" stroke-width="1.6" d="M7 2v12.500a3 3 0 0 0 6 0V2M5.5 2h9"/><path fill="#3ba55d" d="M8 9h4v5.500a2 2 0 0 1-4 0z"/>
🌊 ocean <path stroke="#3b88e0" stroke-width="2.6" d="M1.5 7c2.8-3.5 5.6-3.5 8.5 0s5.7 3.5 8.5 0M1.5 14c2.8-3.5 5.6-3.5 8.5 0s5.7 3.5 8.5 0"/>
🔔 bell <path fill="#f2b52b" d="M10 2C6.4 2 4.5 4.6 4.5 8c0 4-1.5 5-2.5 6.5h16c-1-1.5-2.5-2.5-2.5-6.5 0-3.4-1.9-6-5.5-6zM8 16h4a2 2 0 0 1-4 0z"/>
🔕 no_bell <path fill="#c8cdd1" d="M10 2C6.4 2 4.5 4.6 4.5 8c0 4-1.5 5-2.5 6.5h16c-1-1.5-2.5-2.5-2.5-6.5 0-3.4-1.9-6-5.5-6z"/><path stroke="#dd2e44" stroke-width="2.4" d="M2.5 17.5l15-15"/>
`;

const table = DRAWINGS.trim()
  .split('\n')
  .flatMap((line) => [/^(\S+) (\S+) (.*)$/.exec(line)?.slice(1) ?? []]);
const byName = new Map(
  table.flatMap(([char = '', code = '', drawing = '']) => [
    [char, { code, drawing }],
    [code, { code, drawing }],
  ]),
);

/** A code between colons, or the character itself. */
export const EMOJI = `:([a-z0-9_+-]+):|(${table.map(([char]) => char).join('|')})\\uFE0F?`;

/** The picture for a code or a character; an unknown code stays text, so that nobody sends one unseen. */
export function emoji(name: string): Html {
  const found = byName.get(name);
  if (found === undefined) return html`:${name}:`;
  return html`<svg xmlns="http://www.w3.org/2000/svg" class="emoji" viewBox="0 0 20 20" role="img" aria-label="${found.code.replaceAll('_', ' ')}" fill="none" stroke-linecap="round" stroke-linejoin="round">${new Html(found.drawing)}</svg>`;
}

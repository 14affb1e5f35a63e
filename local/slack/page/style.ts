/** The page's look: Slack's two themes, as the machine asks for, with the fonts that it has. */
export const STYLE = `
:root { color-scheme: light dark; --ink: #1d1c1d; --dim: #616061; --line: #ddd; --edge: #868686; --link: #1264a3; --bad: #a3123d; --go: #007a5a; --stop: #d01a50; }
:root { --paper: #fff; --hover: #f8f8f8; --private: #f4f8fc; --badge: #e8e8e8; --code: #f7f7f7; --code-ink: #b3123f; --mention: #e8f5fa; --loud: #ffe9a8; --loud-ink: #5c4300; --shade: #0003; }
.series-0 { color: #1264a3; } .series-1 { color: #d01a50; } .series-2 { color: #b86a00; } .series-3 { color: #8a6d00; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #d1d2d3; --dim: #ababad; --line: #393c41; --edge: #85888d; --link: #4cb4e3; --bad: #ff8fa9; }
  :root { --paper: #1a1d21; --hover: #222529; --private: #18242e; --badge: #3b3e44; --code: #26292e; --code-ink: #f0a15a; --mention: #1c3a4c; --loud: #5c4300; --loud-ink: #ffe9a8; --shade: #000a; }
  .series-0 { color: #4cb4e3; } .series-1 { color: #ff6b93; } .series-2 { color: #e8912d; } .series-3 { color: #d9bd3a; }
}
* { box-sizing: border-box; margin: 0; padding: 0; }
body { background: #4a154b; color: var(--ink); font: 15px/1.46668 Lato, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", sans-serif; }
button, select, input, textarea { font: inherit; color: inherit; }
a { color: var(--link); text-decoration: none; }
ol, ul { list-style: none; }
b { font-weight: 700; }
small { color: var(--dim); font-size: 12px; font-weight: 400; }
:focus-visible { outline: 3px solid #1d9bd1; outline-offset: 1px; }

#app { display: grid; grid-template: 100dvh / 232px minmax(0, 1fr); }
#app.with-thread { grid-template-columns: 232px minmax(0, 1fr) minmax(320px, 400px); }
.sidebar { display: flex; flex-direction: column; padding: 14px 8px; color: #fff; }
.workspace { padding: 0 8px 14px; font-size: 18px; font-weight: 900; line-height: 1.2; }
.sidebar h2 { padding: 8px 8px 4px; color: #e3d3e4; font-size: 14px; font-weight: 400; }
.sidebar a { display: block; padding: 3px 16px; border-radius: 6px; color: #e9dfea; }
.sidebar a:hover { background: #5b2a5c; }
.sidebar a[aria-current] { background: #f9edff; color: #39063a; font-weight: 700; }
.person { margin-top: auto; padding: 8px; color: #e3d3e4; font-size: 13px; }
.person select { display: block; width: 100%; margin-top: 4px; padding: 6px; border: 1px solid #8d688f; border-radius: 6px; background: #39063a; color: #fff; }

main, aside { display: flex; flex-direction: column; min-width: 0; min-height: 0; margin: 6px 6px 6px 0; background: var(--paper); border-radius: 6px; }
main > header, aside > header { display: flex; align-items: center; gap: 12px; min-height: 50px; padding: 8px 20px; border-bottom: 1px solid var(--line); }
h1, h2, h3 { font-size: 18px; font-weight: 900; line-height: 1.33; }
h1 span { font-weight: 400; }
#lost, .trouble, .error { color: var(--bad); font-weight: 700; }
.messages { flex: 1; padding: 8px 0 12px; overflow: auto; }
.messages:focus-visible { outline-offset: -3px; }
.composer { display: flex; margin: 0 20px 16px; padding: 6px; border: 1px solid var(--edge); border-radius: 8px; }
.composer input { flex: 1; min-width: 0; padding: 4px 8px; border: 0; outline: 0; background: none; }
.composer:focus-within { outline: 3px solid #1d9bd1; }
.close { margin-left: auto; padding: 4px 10px; border: 0; border-radius: 4px; background: none; color: var(--dim); font-size: 16px; cursor: pointer; }
.close:hover { background: var(--badge); }

.day { display: flex; justify-content: center; margin: 14px 0 2px; border-top: 1px solid var(--line); }
.day span { margin-top: -14px; padding: 2px 14px; border: 1px solid var(--line); border-radius: 24px; background: var(--paper); font-size: 13px; font-weight: 700; }
.day.count { justify-content: start; margin: 14px 20px 4px; }
.day.count span { padding: 2px 8px 2px 0; border: 0; color: var(--dim); font-weight: 400; }
.message { padding: 8px 20px; }
.message:hover { background: var(--hover); }
.message article { display: flex; gap: 8px; }
.following { padding: 2px 20px; }
.following .avatar { height: 0; overflow: hidden; }
.following .author, #news { position: absolute; clip-path: inset(50%); }
.private { background: var(--private); }
.eye { color: var(--dim); font-size: 12px; }
.content { flex: 1; min-width: 0; overflow-wrap: anywhere; }
.avatar { flex: none; display: grid; place-items: center; width: 36px; height: 36px; border-radius: 8px; background: #2f6f9f; color: #fff; font-weight: 700; }
.app { background: #2b2040; }
.avatar .emoji { width: 22px; height: 22px; }
.author b { font-weight: 900; }
.author time { color: var(--dim); font-size: 12px; }
.badge { padding: 1px 4px; border-radius: 2px; background: var(--badge); font-size: 10px; font-weight: 700; vertical-align: 1px; }
.replies { display: inline-block; margin-top: 4px; font-size: 13px; font-weight: 700; }

.block { position: relative; max-width: 640px; margin: 6px 0; border: 0; }
hr.block { margin: 12px 0; border-top: 1px solid var(--line); }
.section { display: flex; align-items: start; gap: 16px; }
.text { flex: 1; min-width: 0; }
.fields { display: grid; grid-template-columns: 1fr 1fr; gap: 8px 16px; margin-top: 4px; }
.context, .hint { color: var(--dim); font-size: 13px; line-height: 1.4; }
.context span { margin-right: 10px; }
.actions .select { min-width: 0; max-width: 100%; }
.actions select { max-width: 100%; }
.input label:has([type=checkbox]) { display: block; }
.actions { display: flex; flex-wrap: wrap; gap: 8px; margin: 10px 0 8px; }
.emoji { width: 1.25em; height: 1.25em; vertical-align: -0.24em; }
figure.block { max-width: 560px; padding: 10px 14px; border: 1px solid var(--line); border-radius: 8px; }
figure text { fill: var(--dim); font-size: 11px; }
figure .axis { display: block; margin: -2px 0 4px; text-align: center; }
figure .key { display: inline-block; margin-right: 12px; white-space: nowrap; }
figure path { stroke: var(--line); }
figure :is(polyline, circle) { stroke: currentColor; }
code, pre { border: 1px solid var(--line); border-radius: 4px; background: var(--code); font: 12.5px/1.5 ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; }
code { padding: 1px 3px; color: var(--code-ink); }
pre { margin: 4px 0; padding: 8px; white-space: pre-wrap; }
blockquote { padding-left: 12px; border-left: 4px solid var(--line); }
.mention { padding: 0 2px 1px; border-radius: 3px; background: var(--mention); color: var(--link); }
.loud { background: var(--loud); color: var(--loud-ink); }

.button { display: inline-flex; align-items: center; min-height: 36px; padding: 0 12px; border: 1px solid var(--edge); border-radius: 8px; background: var(--paper); font-weight: 700; cursor: pointer; }
.button:hover { filter: brightness(0.93); }
.primary { border-color: var(--go); background: var(--go); color: #fff; }
.danger { border-color: var(--stop); background: var(--stop); color: #fff; }
[aria-busy] { opacity: 0.55; cursor: progress; }
.block select, .block input:not([type=checkbox]), .block textarea { min-height: 36px; padding: 6px 10px; border: 1px solid var(--edge); border-radius: 8px; background: var(--paper); }
.overflow summary { list-style: none; }
.menu { position: absolute; z-index: 1; right: 0; min-width: 220px; margin-top: 4px; padding: 8px 0; border: 1px solid var(--line); border-radius: 8px; background: var(--paper); box-shadow: 0 4px 12px var(--shade); }
.menu button { display: block; width: 100%; padding: 5px 20px; border: 0; background: none; text-align: left; cursor: pointer; }
.menu button:is(:hover, :focus-visible), .menu button:is(:hover, :focus-visible) small { background: #1264a3; color: #fff; }

dialog { width: min(520px, calc(100vw - 24px)); max-height: calc(100dvh - 24px); margin: auto; overflow: hidden; border: 0; border-radius: 10px; background: var(--paper); color: inherit; box-shadow: 0 18px 48px #0005; }
dialog:focus-visible { outline: 0; }
dialog form { display: flex; flex-direction: column; max-height: calc(100dvh - 24px); }
dialog::backdrop { background: #0008; }
dialog header { display: flex; align-items: center; gap: 10px; padding: 16px 24px; border-bottom: 1px solid var(--line); }
dialog .body { flex: 1; min-height: 0; padding: 12px 24px; overflow: auto; }
dialog footer { display: flex; justify-content: flex-end; gap: 10px; padding: 16px 24px; }
.body + footer { border-top: 1px solid var(--line); }
#confirm { width: min(440px, calc(100vw - 24px)); }
#confirm h2, #confirm .text { padding: 18px 24px 0; white-space: pre-line; }
#confirm .text { overflow: auto; }
.input { margin: 14px 0; }
.input .name, .input legend { display: block; margin-bottom: 6px; font-weight: 700; }
.input :is(select, textarea, input:not([type=checkbox])) { width: 100%; }
.block [aria-invalid] { border-color: var(--bad); }

@media (max-width: 760px) {
  #app, #app.with-thread { grid-template: auto minmax(0, 1fr) / minmax(0, 1fr); height: 100dvh; }
  .sidebar { flex-direction: row; align-items: center; gap: 6px; padding: 6px 10px; }
  .workspace, .sidebar h2, .person span { position: absolute; clip-path: inset(50%); }
  .sidebar ul { display: flex; flex: 1; min-width: 0; overflow-x: auto; }
  .sidebar a { padding: 6px 12px; white-space: nowrap; }
  .person { margin: 0; padding: 0; }
  .person select { max-width: 140px; margin: 0; }
  main, aside { grid-area: 2 / 1; margin: 0; border-radius: 10px 10px 0 0; }
  .with-thread main { visibility: hidden; }
  main > header, aside > header, .message { padding-left: 14px; padding-right: 14px; }
  .composer { margin: 0 10px 10px; }
  .fields { grid-template-columns: 1fr; }
  figure text { font-size: 17px; }
  .button { min-height: 44px; }
}
`;

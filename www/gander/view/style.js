// The look of the view. A page can set the properties that begin with --gander.

export const css = `
:host {
  --g-ink: var(--gander-ink, light-dark(#22262a, #e8e4da));
  --g-soft: var(--gander-soft, light-dark(#626a6c, #a09f97));
  --g-line: var(--gander-line, light-dark(#ddd7ca, #33393a));
  --g-field: var(--gander-field, light-dark(#8d8878, #777d7c));
  --g-paper: var(--gander-paper, light-dark(#fffdf9, #1e2223));
  --g-accent: var(--gander-accent, light-dark(#b4481a, #f0915a));
  --cool: light-dark(#2f6f8f, #6fb6d8);
  --stop0: light-dark(#f4eee3, #262c2e);
  --stop1: light-dark(#efb98f, #6b3d24);
  --stop2: light-dark(#b4481a, #e07f45);
  --stop3: light-dark(#3d1003, #fff1e2);
  --g-ui: var(--gander-font, system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif);
  --g-book: var(--gander-text-font, "Iowan Old Style", "Palatino Linotype", Palatino, "Book Antiqua", Georgia, "Noto Serif", "DejaVu Serif", serif);
  display: block;
  direction: ltr;
  container-type: inline-size;
  color: var(--g-ink);
  font: 15px/1.5 var(--g-ui);
}
* { box-sizing: border-box; }
[hidden] { display: none !important; }
p, h3, h4, ol { margin: 0; }
h3 { font: 600 0.875rem/1.5 var(--g-ui); }
h4 { font: 600 0.8125rem/1.5 var(--g-ui); color: var(--g-soft); }
.hint { color: var(--g-soft); font-size: 0.8125rem; line-height: 1.45; }
:host([empty]) .view { display: none; }
:host(:not([empty])) .empty { display: none; }
.empty { color: var(--g-soft); font: italic 1.0625rem/1.6 var(--g-book); }
.view { display: grid; gap: 22px; grid-template-columns: minmax(0, 1fr); background: var(--g-paper); color: var(--g-ink); forced-color-adjust: none; }
.message:empty { display: none; }
.message { padding: 8px 12px; border-left: 3px solid var(--g-accent); font-size: 0.875rem; overflow-wrap: anywhere; }
:focus-visible { outline: 3px solid var(--g-accent); outline-offset: 2px; }

button, select { min-height: 40px; padding: 6px 14px; border: 1px solid var(--g-field); border-radius: 10px; background: var(--g-paper); color: inherit; font: 600 0.875rem/1.3 var(--g-ui); }
button { cursor: pointer; }
button:hover:not(:disabled, [aria-disabled="true"]) { border-color: var(--g-ink); }
button:is(:disabled, [aria-disabled="true"]) { opacity: 0.45; cursor: default; }
button.quiet { border-color: transparent; padding-inline: 6px; background: none; text-decoration: underline; text-underline-offset: 3px; font-weight: 400; }
button.step { min-width: 40px; padding: 4px; font-size: 1.125rem; line-height: 1; }
select { font-weight: 400; }
label { display: grid; gap: 2px; color: var(--g-soft); font-size: 0.8125rem; font-weight: 600; }

.steps { display: grid; gap: 4px; grid-template-columns: minmax(0, 1fr); }
.steps .bar { display: flex; gap: 6px; align-items: center; margin-bottom: 6px; }
.steps input { flex: 1; min-width: 40px; height: 40px; margin: 0 4px; accent-color: var(--g-accent); }
.where { font-size: 0.9375rem; overflow-wrap: anywhere; white-space: pre-wrap; }
.readout { display: block; min-height: 1.45em; color: var(--g-soft); font-size: 0.875rem; line-height: 1.45; overflow-wrap: anywhere; font-variant-numeric: tabular-nums; white-space: pre-wrap; }

@container (max-width: 560px) { .readout { min-height: 2.9em; } }

.tokens { position: relative; max-height: 17em; overflow-y: auto; padding: 16px 4px 6px; font: 1.0625rem/2.35 var(--g-book); white-space: pre-wrap; overflow-wrap: anywhere; scrollbar-width: thin; }
.strip svg { position: absolute; top: 0; left: 0; width: 100%; height: 1px; overflow: visible; pointer-events: none; z-index: 1; fill: none; stroke: var(--g-accent); stroke-linecap: round; }
.token { padding: 2px 1px; border-radius: 4px; cursor: pointer; background: color-mix(in oklab, var(--g-accent) calc(var(--weight, 0) * 60%), transparent); }
.token.later { opacity: 0.35; }
.token.query { box-shadow: 0 0 0 2px var(--g-ink); }
.token.next { border-bottom: 2px dotted var(--g-ink); border-radius: 4px 4px 0 0; }
.token:focus-visible { outline-offset: 1px; }

.picker { display: flex; flex-wrap: wrap; gap: 10px; align-items: end; }
.picker select { min-width: 5.5rem; color: var(--g-ink); }
.offs { display: flex; flex-wrap: wrap; gap: 6px; margin-left: auto; }

.matrices { display: grid; gap: 26px; grid-template-columns: minmax(0, 1fr); }
@container (min-width: 580px) { .matrices { grid-template-columns: minmax(0, 5fr) minmax(0, 7fr); } }
.heads { display: grid; gap: 4px; margin-top: 8px; max-height: 640px; overflow: auto; padding: 3px; scrollbar-width: thin; }
.heads > div { display: grid; gap: 4px; grid-template-columns: 1.4rem repeat(var(--heads), minmax(22px, 72px)); align-items: center; }
.heads span { color: var(--g-soft); font-size: 0.75rem; text-align: center; font-variant-numeric: tabular-nums; }
.thumb { position: relative; aspect-ratio: 1; border: 1px solid var(--g-line); border-radius: 4px; overflow: hidden; cursor: pointer; }
.thumb canvas { display: block; width: 100%; height: 100%; image-rendering: pixelated; }
.thumb.within { border-color: var(--g-accent); }
.thumb.picked { outline: 2px solid var(--g-ink); outline-offset: 1px; border-color: transparent; }
.thumb:focus-visible { outline: 3px solid var(--g-accent); }
.thumb.off { opacity: 0.55; }
.thumb.off::after { content: ""; position: absolute; inset: 0; background: linear-gradient(to top right, transparent calc(50% - 1px), var(--g-ink) calc(50% - 1px) calc(50% + 1px), transparent calc(50% + 1px)); }
.facts { margin-top: 8px; min-height: 2.6em; color: var(--g-soft); font-size: 0.8125rem; font-variant-numeric: tabular-nums; }

.title { display: flex; gap: 8px; align-items: center; justify-content: space-between; min-height: 34px; }
.zoom { display: flex; gap: 4px; }
.zoom button { min-height: 34px; min-width: 34px; }
.map { margin-top: 8px; max-height: 560px; overflow: auto; border: 1px solid var(--g-line); border-radius: 6px; scrollbar-width: thin; overscroll-behavior: contain; }
.inner { display: grid; grid-template: 84px auto / 84px auto; width: max-content; }
.corner, .map .top, .map .left { position: sticky; overflow: clip; background: var(--g-paper); z-index: 2; }
.corner { top: 0; left: 0; z-index: 3; }
.map .top { top: 0; }
.map .left { left: 0; }
.map .top span, .map .left span { position: absolute; width: 80px; overflow: hidden; color: var(--g-soft); font-size: 0.6875rem; line-height: 12px; white-space: pre; text-overflow: ellipsis; }
.map .left span { right: 5px; text-align: right; transform: translateY(-50%); }
.map .top span { bottom: 4px; transform-origin: 0 100%; transform: translateX(6px) rotate(-90deg); }
.map .strong { color: var(--g-ink); font-weight: 700; }
.cells { position: relative; margin: 7px; overflow: hidden; cursor: crosshair; }
.cells canvas { position: absolute; image-rendering: pixelated; }
.line, .cursor { position: absolute; pointer-events: none; }
.line { box-shadow: inset 0 0 0 1px color-mix(in srgb, var(--g-ink) 55%, transparent); }
.cursor { box-shadow: inset 0 0 0 2px var(--g-ink); }
.large .said { margin-top: 6px; min-height: 2.9em; font-size: 0.8125rem; overflow-wrap: anywhere; white-space: pre-wrap; font-variant-numeric: tabular-nums; }
.legend { display: flex; gap: 6px; align-items: center; color: var(--g-soft); font-size: 0.75rem; }
.scale { position: relative; width: 160px; height: 10px; border-radius: 3px; background: linear-gradient(to right, var(--stop0), var(--stop1), var(--stop2), var(--stop3)); }
.stop { display: none; }
.stop0 { color: var(--stop0); } .stop1 { color: var(--stop1); } .stop2 { color: var(--stop2); } .stop3 { color: var(--stop3); }

.sides { display: grid; gap: 14px; grid-template-columns: repeat(auto-fit, minmax(min(100%, 17rem), 1fr)); margin-top: 8px; }
.sides article { padding: 12px 16px 6px; border: 1px solid var(--g-line); border-radius: 10px; }
.sides .shown { border-color: var(--g-accent); }
.sides .text { font: 1rem/1.6 var(--g-book); white-space: pre-wrap; overflow-wrap: anywhere; max-height: 18em; overflow: auto; }
mark { background: color-mix(in oklab, var(--g-accent) 22%, transparent); color: inherit; }

.tables { display: grid; gap: 22px 26px; grid-template-columns: minmax(0, 1fr); }
@container (min-width: 680px) { .tables { grid-template-columns: minmax(0, 5fr) minmax(0, 7fr); } }
ol { padding: 0; margin-top: 8px; list-style: none; }
li { position: relative; display: flex; gap: 8px; padding: 3px 6px; font-size: 0.875rem; font-variant-numeric: tabular-nums; }
li .bar { position: absolute; inset: 2px auto 2px 0; border-radius: 4px; background: color-mix(in oklab, var(--g-accent) 22%, transparent); z-index: -1; }
ol { isolation: isolate; }
.word { white-space: pre; overflow: hidden; text-overflow: ellipsis; }
li .at { color: var(--g-soft); font-size: 0.75rem; align-self: center; }
li .value { margin-left: auto; }
.wide { margin-top: 8px; overflow-x: auto; scrollbar-width: thin; }
table { border-collapse: separate; border-spacing: 2px; font-size: 0.8125rem; font-variant-numeric: tabular-nums; }
.lens table { width: 100%; min-width: 32rem; table-layout: fixed; }
.lens th:first-child { width: 3.2rem; }
th { padding: 2px 6px; color: var(--g-soft); font-weight: 400; text-align: left; white-space: nowrap; }
td { padding: 3px 6px; border-radius: 4px; white-space: nowrap; }
.lens td { overflow: hidden; text-overflow: ellipsis; background: color-mix(in oklab, var(--g-accent) calc(var(--weight, 0) * 55%), transparent); }
.lens td .value { opacity: 0.75; font-size: 0.75rem; }
td.said { box-shadow: inset 0 0 0 2px var(--g-ink); }
.parts td { text-align: right; min-width: 3.1rem; }
.parts th[scope="col"] + th { text-align: right; }
td.more { background: color-mix(in oklab, var(--g-accent) calc(var(--weight, 0) * 60%), transparent); }
td.less { background: color-mix(in oklab, var(--cool) calc(var(--weight, 0) * 60%), transparent); }
td.picked { box-shadow: inset 0 0 0 2px var(--g-ink); }
.buttons { display: flex; flex-wrap: wrap; gap: 8px; margin-top: 8px; }
.save .message { margin-top: 8px; }
`;

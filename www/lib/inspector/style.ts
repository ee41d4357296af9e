/**
 * The element's own sheet. It has no colours of its own but four accents: the rest is the page's, light or dark, by the
 * system colours that follow `color-scheme`.
 */
export const STYLE = `
:host {
  --in: color-mix(in srgb, #2f6fed 62%, CanvasText);
  --good: color-mix(in srgb, #128a5b 66%, CanvasText);
  --bad: color-mix(in srgb, #d92d20 72%, CanvasText);
  --wait: color-mix(in srgb, #b7791f 66%, CanvasText);
  --soft: color-mix(in srgb, CanvasText 68%, Canvas);
  --line: color-mix(in srgb, CanvasText 16%, Canvas);
  --tint: color-mix(in srgb, CanvasText 5%, Canvas);
  --mono: ui-monospace, "SF Mono", "Cascadia Code", "JetBrains Mono", "DejaVu Sans Mono", Menlo, monospace;
  display: block;
  background: Canvas;
  color: CanvasText;
  border: 1px solid var(--line);
  border-radius: 10px;
  overflow: hidden;
  font: 13px/1.45 system-ui, sans-serif;
}
:host([hidden]) { display: none; }
section { display: flex; flex-direction: column; max-height: var(--portcullis-inspector-height, 26rem); }
.bar { display: flex; flex-wrap: wrap; align-items: center; gap: 6px 10px; padding: 8px 10px; background: var(--tint); border-bottom: 1px solid var(--line); }
.bar label { display: inline-flex; align-items: center; gap: 6px; color: var(--soft); }
.bar .find { flex: 1 1 9rem; }
button, select, input[type=search] {
  font: inherit; color: CanvasText; background: Canvas; min-height: 28px; box-sizing: border-box;
  border: 1px solid color-mix(in srgb, CanvasText 45%, Canvas); border-radius: 6px; padding: 2px 10px;
}
input[type=search] { flex: 1; min-width: 5rem; width: 100%; }
input[type=checkbox] { width: 16px; height: 16px; margin: 0; accent-color: var(--good); }
button { cursor: pointer; }
button:hover { background: var(--tint); }
button[aria-pressed=true] { background: var(--wait); border-color: var(--wait); color: Canvas; }
:focus-visible { outline: 2px solid var(--in); outline-offset: 1px; }
.scroll:focus-visible { outline-offset: -2px; }
dl { display: flex; flex-wrap: wrap; gap: 2px 18px; margin: 0; padding: 6px 12px; border-bottom: 1px solid var(--line); }
dl div { display: flex; gap: 5px; align-items: baseline; }
dt { color: var(--soft); }
dd { margin: 0; font-variant-numeric: tabular-nums; font-weight: 600; }
.alarm:not([data-none]) dd { color: var(--bad); }
.scroll { overflow: auto; flex: 1; min-height: 7rem; overflow-anchor: auto; position: relative; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th { position: sticky; top: 0; z-index: 1; background: Canvas; box-shadow: inset 0 -1px var(--line); color: var(--soft); font-weight: 500; text-align: start; }
th, td { padding: 4px 8px; vertical-align: top; white-space: nowrap; }
th:first-child, td:first-child { padding-inline-start: 12px; }
td { border-bottom: 1px solid color-mix(in srgb, CanvasText 7%, Canvas); }
tbody tr:hover td { background: var(--tint); }
.what { white-space: normal; width: 100%; min-width: 9rem; overflow-wrap: anywhere; }
.time, .number { color: var(--soft); }
.number { text-align: end; }
th.number { text-align: end; }
code { font: 12px/1.5 var(--mono); }
.why, .value, .live { display: block; color: var(--soft); }
.live { display: inline; margin-inline-start: 6px; }
.value { font-family: var(--mono); font-size: 11.5px; white-space: pre-wrap; }
.way { font-weight: 600; }
[data-kind=in] .way { color: var(--in); }
[data-kind=out] .way { color: var(--good); }
[data-kind=refused] .way, [data-kind=dropped] .way { color: var(--bad); }
[data-kind=state] .way { color: var(--soft); }
[data-look=good] .fate { color: var(--good); }
[data-look=bad] .fate { color: var(--bad); font-weight: 600; }
[data-look=wait] .fate { color: var(--wait); }
[data-look=calm] .fate { color: var(--soft); }
[data-kind=refused] td, [data-kind=dropped] td { background: color-mix(in srgb, var(--bad) 7%, Canvas); }
[data-kind=state] td { background: var(--tint); }
table:not([data-many]) .peer, table[data-many] .who { display: none; }
.empty { padding: 18px 12px; margin: 0; color: var(--soft); }
.foot { display: flex; justify-content: space-between; gap: 12px; margin: 0; padding: 5px 12px; border-top: 1px solid var(--line); color: var(--soft); min-height: 1.45em; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
[hidden] { display: none !important; }
@media (max-width: 34rem) { .time { display: none; } th, td { padding-inline: 5px; } }
`;

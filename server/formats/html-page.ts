// The frame of the HTML report: styles for both themes, the little script, and the parts that repeat. The
// page's policy lets nothing run or load but this script, whatever the training data says.

import { createHash } from 'node:crypto';
import { type Html, html, ownMarkup } from '../../guard/text/for-html.ts';
import type { Encodable } from '../../guard/text/foreign.ts';
import type { NamedLink } from './confirmations.ts';
import { type MethodSection, methodAnchor } from './html-method.ts';

/** Ends inside the page's header, which whoever writes the page closes. */
export function* htmlPageStart(title: Html): Generator<Html> {
  const policy = `default-src 'none'; style-src 'sha256-${digest(styles)}'; script-src 'sha256-${digest(script)}'`;
  yield html`<!doctype html>`;
  yield html`<html lang="en"><head><meta charset="utf-8">`;
  yield html`<meta http-equiv="Content-Security-Policy" content="${ownMarkup(policy)}">`;
  yield html`<meta name="viewport" content="width=device-width, initial-scale=1">`;
  yield html`<title>${title}</title><style>${ownMarkup(styles)}</style></head><body>`;
  yield html`<a class="skip" href="#fragments">Skip to the fragments</a>`;
  yield html`<header><p class="theme"><label>Theme <select id="theme"><option value="light dark">system</option><option>light</option><option>dark</option></select></label></p>`;
}

export function* htmlPageEnd(): Generator<Html> {
  yield html`<script>${ownMarkup(script)}</script></body></html>`;
}

/** A plot with its numbers, which anyone can open who cannot see it or wants them, and with one sentence on what it is. */
export const htmlFigure = (caption: string, meaning: Meaning, drawing: Html, numbers: Html): Html =>
  html`<figure><figcaption>${caption}</figcaption>${drawing}<details><summary>Numbers</summary>${numbers}</details>${htmlMeaning(meaning)}</figure>`;

/** What a number is, in one sentence, and the section of docs/method.md that defines it. */
export type Meaning = readonly [sentence: string, section: MethodSection];

export const htmlMeaning = ([sentence, section]: Meaning): Html =>
  html`<details class="meaning"><summary>What is this?</summary>${sentence} <a href="#${methodAnchor(section)}">Method</a></details>`;

/** Plain text, or that with links behind it. */
export type HtmlCell = Encodable | { readonly text: Encodable; readonly links: readonly NamedLink[] };

/** A column whose cells are all numbers is set right. */
export function htmlTable(head: readonly string[], rows: readonly (readonly HtmlCell[])[]): Html {
  const isNumber = head.map(
    (_, column) =>
      rows.length > 0 &&
      rows.every((row) => typeof row[column] === 'string' && /^-?\d[\d,.]*$/.test(row[column])),
  );
  const cells = (row: readonly HtmlCell[]) =>
    row.map((cell, i) =>
      isNumber[i] ? html`<td class="number">${htmlCell(cell)}</td>` : html`<td>${htmlCell(cell)}</td>`,
    );
  const heads = head.map((text) => html`<th scope="col">${text}</th>`);
  const body = rows.map((row) => html`<tr>${cells(row)}</tr>`);
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${head.join(', ')}"><table><thead><tr>${heads}</tr></thead><tbody>${body}</tbody></table></div>`;
}

function htmlCell(cell: HtmlCell): Html {
  if (typeof cell !== 'object') return html`${cell}`;
  const links = cell.links.map(({ title, url }) => html` <a href="${url}" rel="noreferrer">${title}</a>`);
  return html`${cell.text}${links}`;
}

const digest = (text: string) => createHash('sha256').update(text).digest('base64');

const styles = `
:root {
  color-scheme: light dark;
  --page: light-dark(#ffffff, #16181d);
  --panel: light-dark(#f5f6f8, #20242b);
  --text: light-dark(#1c2024, #e6e8eb);
  --quiet: light-dark(#5a626c, #a2aab4);
  --line: light-dark(#d5d9df, #3a414b);
  --link: light-dark(#0a56c2, #7ab2ff);
  --series-1: light-dark(#0a5fd6, #6aa8ff);
  --series-2: light-dark(#b85400, #ffa657);
  --series-3: light-dark(#117a37, #56d37b);
  --series-4: light-dark(#8a3fd1, #c89bff);
  --series-5: light-dark(#b3125f, #ff8ac0);
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 76rem; padding: 1.5rem; background: var(--page); color: var(--text);
  font: 1rem/1.5 system-ui, sans-serif; }
h1 { margin: 0 0 1rem; font-size: 1.6rem; overflow-wrap: anywhere; }
h2 { margin: 2.5rem 0 .75rem; font-size: 1.2rem; }
a { color: var(--link); }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
.skip { position: absolute; left: -100rem; }
.skip:focus { position: static; }
.theme { float: right; margin: 0; }
.facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(20rem, 1fr)); gap: .5rem 1.5rem; margin: 0; }
.facts dt { color: var(--quiet); font-size: .85rem; }
.facts dd { margin: 0; overflow-wrap: anywhere; }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(13rem, 1fr)); gap: .75rem; padding: 0; list-style: none; }
.cards li { display: flex; flex-direction: column; padding: .9rem 1rem; background: var(--panel); border: 1px solid var(--line); border-radius: .5rem; }
.cards strong { font-size: 1.7rem; line-height: 1.2; }
.note, small { color: var(--quiet); }
.meaning { margin-top: .35rem; font-size: .85rem; }
.meaning summary { color: var(--quiet); }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(30rem, 100%), 1fr)); gap: 1rem; }
figure { margin: 0; padding: 1rem; background: var(--panel); border: 1px solid var(--line); border-radius: .5rem; }
figcaption { margin-bottom: .5rem; font-weight: 600; }
figure svg { display: block; width: 100%; height: auto; font-size: 12px; }
figure svg text { white-space: pre; }
.legend { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; padding: 0; list-style: none; }
.key { display: inline-block; width: 28px; height: 8px; }
.key path { stroke-width: 2.5; fill: none; }
.series-1 { stroke: var(--series-1); }
.series-2 { stroke: var(--series-2); stroke-dasharray: 6 3; }
.series-3 { stroke: var(--series-3); stroke-dasharray: 2 2; }
.series-4 { stroke: var(--series-4); stroke-dasharray: 8 3 2 3; }
.series-5 { stroke: var(--series-5); stroke-dasharray: 1 3; }
.scroll { max-height: 24rem; overflow: auto; margin: .75rem 0; }
table { border-collapse: collapse; font-size: .9rem; }
th, td { padding: .3rem .75rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
th { position: sticky; top: 0; background: var(--panel); }
.number { text-align: right; font-variant-numeric: tabular-nums; }
summary { cursor: pointer; }
.filter input { font: inherit; padding: .25rem .5rem; min-width: 16rem; }
.fragments { padding-left: 2.5rem; }
.fragments > li { margin: .35rem 0; }
.fragments summary code { overflow-wrap: anywhere; }
.numbers { color: var(--quiet); font-size: .85rem; }
.tag { padding: 0 .45rem; border: 1px solid var(--line); border-radius: 1rem; font-size: .8rem; }
pre { max-height: 30rem; overflow: auto; padding: .75rem; background: var(--panel); border: 1px solid var(--line); border-radius: .5rem; font-size: .85rem; }
@media print { .theme, .filter, .skip { display: none; } }
`;

const script = `
const filter = document.getElementById('filter');
const shown = document.getElementById('shown');
const items = [...document.querySelectorAll('.fragments > li')];
filter?.addEventListener('input', () => {
  const wanted = filter.value.toLowerCase();
  let n = 0;
  for (const item of items) {
    item.hidden = !item.textContent.toLowerCase().includes(wanted);
    if (!item.hidden) n++;
  }
  shown.textContent = wanted ? n + ' of ' + items.length + ' shown' : '';
});
document.getElementById('theme').addEventListener('change', (event) => {
  document.documentElement.style.colorScheme = event.target.value;
});
`;

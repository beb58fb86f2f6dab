// docs/method.md inside the HTML report, so that whoever has only the report can look up what a number is. It knows as
// much of Markdown as that page uses.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Html, html } from '../../guard/text/for-html.ts';
import { productFolder } from '../product-folder.ts';

/** The sections that a report's numbers are defined in, by their numbers there. */
export type MethodSection = 1 | 3 | 4 | 5 | 7;

export const methodAnchor = (section: MethodSection): string => `method-${section}`;

export function* methodSections(sections: readonly MethodSection[]): Generator<Html> {
  const page = readFileSync(join(productFolder(), 'docs', 'method.md'), 'utf8');
  const parts = page.split(/^## /m);
  for (const section of sections) {
    const [title = '', ...lines] = (parts.find((part) => part.startsWith(`${section}. `)) ?? '').split('\n');
    yield html`<h3 id="${methodAnchor(section)}">${title}</h3>`;
    for (const block of lines.join('\n').split(/\n{2,}/))
      if (block.trim() !== '') yield blockOf(block.trim());
  }
}

function blockOf(block: string): Html {
  if (block.startsWith('|')) return tableOf(block.split('\n'));
  if (!/^- /m.test(block)) return html`<p>${inline(block)}</p>`;
  const items = block.split(/^- /m).filter((item) => item !== '');
  return html`<ul>${items.map((item) => html`<li>${inline(item)}</li>`)}</ul>`;
}

/** Its second line only draws the rule below the first. */
function tableOf([head = '', , ...rows]: readonly string[]): Html {
  const cells = (row: string) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => inline(cell.trim()));
  const heads = cells(head).map((cell) => html`<th scope="col">${cell}</th>`);
  const body = rows.map((row) => html`<tr>${cells(row).map((cell) => html`<td>${cell}</td>`)}</tr>`);
  return html`<table><thead><tr>${heads}</tr></thead><tbody>${body}</tbody></table>`;
}

/** Code, what is set in bold, and links, whose pages the report does not have: their words stay. */
const inline = (text: string): readonly Html[] =>
  text.split(/(`[^`]+`|\*\*[^*]+\*\*|\[[^\]]+\]\([^)]+\))/).map((part, i) => {
    if (i % 2 === 0) return html`${part}`;
    if (part.startsWith('`')) return html`<code>${part.slice(1, -1)}</code>`;
    if (part.startsWith('**')) return html`<b>${part.slice(2, -2)}</b>`;
    return html`${part.slice(1, part.indexOf(']'))}`;
  });

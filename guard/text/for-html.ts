// For HTML: a template that escapes whatever is put into it, so that markup comes from the program's own text alone.
// Escaped are the characters that mean something in text and in quoted attributes; all attributes are quoted.

import { type Encodable, rawText } from './foreign.ts';
import { visible } from './visible.ts';

/** Markup that is safe as it stands. Only `html` makes it, and `ownMarkup` of what is ours. */
export interface Html {
  readonly markup: string;
}

type Part = Encodable | Html | readonly Html[];

/** html`<li>${name}</li>`: texts and numbers are escaped, `Html` stays. */
export function html(template: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return { markup: String.raw({ raw: template.raw }, ...parts.map(markupOf)) };
}

/** Markup that holds nothing of others: a style sheet, a script, a drawing of numbers. */
export const ownMarkup = (markup: string): Html => ({ markup });

function markupOf(part: Part): string {
  if (isHtml(part)) return part.markup;
  return Array.isArray(part) ? part.map(({ markup }) => markup).join('') : forHtml(part as Encodable);
}

const isHtml = (part: Part): part is Html =>
  typeof part === 'object' && !Array.isArray(part) && 'markup' in part;

/** For text and for quoted attributes. */
export const forHtml = (text: Encodable): string =>
  visible(rawText(text), '\n\t').replace(/[&<>"'`]/g, (character) => entities[character]!);

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
};

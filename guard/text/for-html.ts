// For HTML: a template that escapes whatever is put into it, so that markup comes from the program's own text alone.
// Escaped are the characters that mean something in text and in quoted attributes; all attributes are quoted.

import type { Encodable } from './foreign.ts';
import { visible } from './visible.ts';

/** Markup that is safe as it stands. Only this file makes it: no value out of a file, of whatever shape, is one. */
export class Html {
  readonly #markup: string;

  private constructor(markup: string) {
    this.#markup = markup;
  }

  /** html`<li>${name}</li>`: texts and numbers are escaped, `Html` stays. */
  static template(template: TemplateStringsArray, ...parts: readonly Part[]): Html {
    return new Html(String.raw(template, ...parts.map(Html.#markupOf)));
  }

  /** Markup that holds nothing of others: a style sheet, a script, a drawing of numbers. */
  static own(markup: string): Html {
    return new Html(markup);
  }

  get markup(): string {
    return this.#markup;
  }

  static #markupOf(this: void, part: Part): string {
    if (Array.isArray(part)) return part.map(Html.#markupOf).join('');
    return typeof part === 'object' && #markup in part ? part.#markup : forHtml(part as Encodable);
  }
}

type Part = Encodable | Html | readonly Html[];

export const html = Html.template;
export const ownMarkup = Html.own;

/** For text and for quoted attributes. */
export const forHtml = (text: Encodable): string =>
  visible(text, '\n\t').replace(/[&<>"'`]/g, (character) => entities[character]!);

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
};

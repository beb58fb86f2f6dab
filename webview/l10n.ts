// The page's texts in the language of VS Code: English ones are the keys, as in VS Code's own `l10n`, and the
// extension hands over its translations before anything is drawn. `scripts/l10n.mjs` collects what is asked for here.

import type { Strings } from '../protocol/dashboard-page.ts';

class Texts {
  #strings: Strings = {};

  load(strings: Strings): void {
    this.#strings = strings;
  }

  /** `{0}` stands for the first of `values`. */
  t(text: string, ...values: readonly (string | number)[]): string {
    const translated = this.#strings[text] ?? text;
    return translated.replace(/\{(\d+)\}/g, (hole, i) => String(values[Number(i)] ?? hole));
  }
}

export const l10n = new Texts();

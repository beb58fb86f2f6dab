// What stands above a comparison: what is compared, and what to know before its numbers are read.

import { forDom } from '../guard/text/for-dom.ts';
import type { Foreign } from '../guard/text/foreign.ts';
import { element } from './element.ts';
import { section } from './findings.ts';
import { l10n } from './l10n.ts';

export function comparisonHeading(
  eyebrow: string,
  title: string,
  warnings: readonly Foreign[],
): readonly HTMLElement[] {
  return [
    element(
      'header',
      { class: 'heading' },
      element('div', {}, element('p', { class: 'eyebrow' }, eyebrow), element('h1', {}, title)),
    ),
    ...(warnings.length === 0
      ? []
      : [
          section(
            'notes',
            l10n.t('Before you compare'),
            element('ul', {}, ...warnings.map((warning) => element('li', {}, forDom(warning)))),
          ),
        ]),
  ];
}

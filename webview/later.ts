// What is still being computed: a stand-in of about the same size, until it is known.

import { element } from './element.ts';
import { l10n } from './l10n.ts';

/** The stand-in, which `make`'s element replaces. Whoever awaits the value says what went wrong with it. */
export function later<T>(standIn: HTMLElement, value: Promise<T>, make: (value: T) => Node): HTMLElement {
  value.then(
    (known) => standIn.replaceWith(make(known)),
    () => standIn.remove(),
  );
  return standIn;
}

/** Stands in the place of a figure. Screen readers hear once, above all figures, that there is more to come. */
export function placeholder(caption: string): HTMLElement {
  return element(
    'div',
    { class: 'panel placeholder', 'aria-busy': 'true' },
    element('h3', {}, caption),
    element('div', { class: 'shimmer', 'aria-hidden': 'true' }),
  );
}

/** Says that there is more to come, and then nothing, or why there is not. */
export function waiting(value: Promise<unknown>): HTMLElement {
  const text = l10n.t('Intervals and curves are being computed …');
  const status = element('p', { class: 'note', role: 'status' }, text);
  value.then(
    () => status.replaceChildren(l10n.t('Ranges are 95 % intervals.')),
    (reason: Error) =>
      status.replaceWith(
        element('p', { role: 'alert' }, l10n.t('Intervals and curves are missing: {0}', reason.message)),
      ),
  );
  return status;
}

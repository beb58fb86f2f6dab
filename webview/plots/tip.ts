// The little label beside the mark that is pointed at or focused. Screen readers have the mark's own name.

import { forDom } from '../../guard/text/for-dom.ts';
import { element } from '../element.ts';

const GAP_PX = 8;

export class Tip {
  readonly #box = element('div', { class: 'tip', 'aria-hidden': 'true', hidden: '' });

  constructor(parent: HTMLElement) {
    parent.append(this.#box);
  }

  show(target: Element, text: string): void {
    this.#box.textContent = forDom(text);
    this.#box.hidden = false;
    const at = target.getBoundingClientRect();
    const { width, height } = this.#box.getBoundingClientRect();
    const middle = at.left + at.width / 2 - width / 2;
    const left = Math.max(GAP_PX, Math.min(window.innerWidth - width - GAP_PX, middle));
    const above = at.top - height - GAP_PX;
    const top = above > 0 ? above : at.bottom + GAP_PX;
    this.#box.style.translate = `${left}px ${top}px`;
  }

  hide(): void {
    this.#box.hidden = true;
  }
}

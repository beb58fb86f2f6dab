// Random numbers for weights, activations and logits of the bench of shaders.

import type { Values } from './shaders-device.ts';

/** Numbers between minus one half and one half, the same ones in every run; long lists repeat their first million. */
export class RandomValues {
  #state = 1;

  #next(): number {
    this.#state = (Math.imul(this.#state, 1664525) + 1013904223) >>> 0;
    return this.#state / 2 ** 32 - 0.5;
  }

  halves(n: number, scale: number): Float16Array {
    return this.#fill(new Float16Array(n), () => scale * this.#next());
  }

  floats(n: number, scale: number, centre = 0): Float32Array {
    return this.#fill(new Float32Array(n), () => centre + scale * this.#next());
  }

  /** A sum of twelve such numbers is as good as normal, as logits are. */
  normal(n: number): Float32Array {
    const one = () => Array.from({ length: 12 }, () => this.#next()).reduce((a, b) => a + b);
    return this.#fill(new Float32Array(n), one);
  }

  #fill<T extends Values>(values: T, next: () => number): T {
    const n = Math.min(values.length, 1 << 20);
    for (let at = 0; at < n; at++) values[at] = next();
    for (let at = n; at < values.length; at += n) values.copyWithin(at, 0, Math.min(n, values.length - at));
    return values;
  }
}

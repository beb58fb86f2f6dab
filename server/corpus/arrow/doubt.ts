// What an Arrow file contradicts.

import type { DataProblemKind } from '../../../protocol/errors.ts';

/** Ends the batch that it stands in, or the file. */
export class ArrowDamage extends Error {
  readonly kind: Extract<DataProblemKind, 'corrupt' | 'truncated' | 'expands' | 'wrong-format' | 'trailing'>;

  constructor(kind: ArrowDamage['kind'], message: string) {
    super(message);
    this.kind = kind;
  }
}

export const corrupt = (message: string): ArrowDamage => new ArrowDamage('corrupt', message);

/** A size, a count or an offset of 64 bits; anything that cannot be one is damage. */
export function sizeOf(value: bigint, what: string): number {
  if (value < 0n || value > BigInt(Number.MAX_SAFE_INTEGER)) throw corrupt(`${what} is ${value}`);
  return Number(value);
}

// One thing that a device is asked for, what it computes, and how a kernel becomes one.

import type { Linear, Norm } from '../decoder/decoder-table.ts';
import type { StoredTensor } from '../decoder/decoder-weights.ts';
import type { CudaDriver, DeviceAddress, Kernel, KernelParameter, LaunchSize } from './cuda-driver.ts';

/** One thing that the device is asked for. */
export interface Operation {
  readonly name: string;
  readonly ask: () => void;
  readonly facts: OperationFacts;
}

/** What an operation computes, from where to where, for whoever checks it. Buffers hold a row behind the other. */
export type OperationFacts =
  | { readonly kind: 'embed'; readonly to: Buffer; readonly parts: EmbeddingParts }
  | {
      readonly kind: 'product';
      readonly from: Buffer;
      readonly to: Buffer;
      readonly adds: boolean;
      readonly parts: readonly Linear<StoredTensor>[];
      /** Whether the feed-forward layer's activation is made of it at once. */
      readonly isActivated: boolean;
    }
  | {
      readonly kind: 'norm';
      readonly from: Buffer;
      readonly to: Buffer;
      /** What is added to the stream is scaled as the description says. */
      readonly adds: boolean;
      /** Null: none, the row itself. */
      readonly norm: Norm<StoredTensor> | null;
      /** All rows of `from`, or those that are wanted, one behind the other. */
      readonly rows: 'all' | 'wanted';
    }
  | { readonly kind: 'head-norms'; readonly layer: number; readonly qkv: Buffer }
  /** Rows are at one position each, and see what was fed before. */
  | { readonly kind: 'attend'; readonly layer: number; readonly from: Buffer; readonly to: Buffer }
  | { readonly kind: 'turn'; readonly layer: number; readonly qkv: Buffer }
  /** Rows are positions of texts, their queries and keys turned. */
  | { readonly kind: 'attend-texts'; readonly layer: number; readonly from: Buffer; readonly to: Buffer }
  | { readonly kind: 'activate'; readonly from: Buffer; readonly to: Buffer }
  | { readonly kind: 'limit'; readonly logits: Buffer }
  | { readonly kind: 'pick'; readonly logits: Buffer }
  | { readonly kind: 'measure'; readonly logits: Buffer };

/** Positions alone are added to what is there. */
type EmbeddingParts = 'tokens' | 'tokens-and-positions' | 'positions';

export interface Buffer {
  readonly address: DeviceAddress;
  readonly type: 'float16' | 'float32';
  /** Values of a row. */
  readonly width: number;
}

/** A kernel as an operation; its size may be another each time. */
export const launchOf = (
  { driver, kernel }: { readonly driver: CudaDriver; readonly kernel: (name: string) => Kernel },
  facts: OperationFacts,
  name: string,
  size: () => LaunchSize,
  parameters: readonly KernelParameter[],
): Operation => {
  const known = kernel(name);
  return { name, ask: () => driver.launch(known, size(), parameters), facts };
};

export const address = (value: DeviceAddress) => ({ kind: 'address', value }) as const;
export const int = (value: number) => ({ kind: 'int', value }) as const;
export const float = (value: number) => ({ kind: 'float', value }) as const;

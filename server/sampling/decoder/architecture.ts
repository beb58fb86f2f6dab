// What one file an architecture provides: how its configuration reads, and what its tensors are called.

import type { ConfigFile } from './config-file.ts';
import type { DecoderShape } from './decoder-spec.ts';
import type { TensorNames } from './decoder-table.ts';

export interface Architecture {
  /** Values of the configuration's `model_type`. */
  readonly modelTypes: readonly string[];
  /** What a checkpoint of the whole model puts before the names of all tensors but the head's. */
  readonly prefix: string;
  /** What some checkpoints put there instead. */
  readonly otherPrefixes?: readonly string[];
  /** Names that other versions of an architecture's code give some tensors, and what they are called here. */
  readonly otherNames?: Readonly<Record<string, string>>;
  /** The tokens that a configuration means which says nothing of them; null for none. */
  readonly defaultTokens: { readonly bos: number | null; readonly eos: number | null };
  /** Throws a UserError at what it cannot honour. */
  read(config: ConfigFile): DecoderShape;
  names(spec: DecoderShape): TensorNames;
}

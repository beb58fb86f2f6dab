// What one file an architecture provides: how its configuration reads, and what its tensors are called.

import type { ConfigFile } from '../config-file.ts';
import type { DecoderSpec } from '../decoder-spec.ts';
import type { TensorNames } from '../decoder-table.ts';

export interface Architecture {
  /** Values of the configuration's `model_type`. */
  readonly modelTypes: readonly string[];
  /** What a checkpoint of the whole model puts before the names of all tensors but the head's. */
  readonly prefix: string;
  /** Throws a UserError at what it cannot honour. */
  read(config: ConfigFile): DecoderSpec;
  names(spec: DecoderSpec): TensorNames;
}

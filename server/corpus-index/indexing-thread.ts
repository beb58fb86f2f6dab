// What a thread that reads shards for an index is given, and how it tells of what it could not do.

import { dirname } from 'node:path';
import { EnvironmentError } from '../errors.ts';
import type { SharedIndex } from '../kernel/share-index.ts';
import { systemFailure } from '../system-failure.ts';

/** A kernel's memory, and a folder for what is written. */
export interface IndexingStart extends SharedIndex {
  readonly folder: string;
}

export function indexingFailure(
  error: unknown,
  folder: string,
): { readonly message: string; readonly cause: 'environment' | 'bug' } {
  // A draft's own name is nobody's business.
  const known = systemFailure(error);
  const message = known?.message.replaceAll(folder, dirname(folder)) ?? (error as Error).message;
  const isOfMachine = known !== undefined || error instanceof EnvironmentError;
  return { message, cause: isOfMachine ? 'environment' : 'bug' };
}

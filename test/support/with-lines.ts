// The lines of samples for an analysis, numbered by the kernel in one memory for all tests of a file: each call takes back
// what the one before was given.

import type { FragmentRequest } from '../../server/engine/find-fragments.ts';
import { buildKernel } from '../../server/kernel/build-wasm.mjs';
import { IndexMemory } from '../../server/kernel/share-index.ts';

await buildKernel();
const memory = new IndexMemory();

export const withLines = (request: Omit<FragmentRequest, 'index'>): FragmentRequest => ({
  ...request,
  index: memory.share(request.samples, request.rule).lines,
});

// This machine: samples on its processor or devices, scans on all its cores.

import { scanCorpus } from '../../kernel/scan-corpus.ts';
import type { Executor } from './executor.ts';

export const localExecutor: Executor = {
  async prepare(execution, signal) {
    if (execution.provider !== 'cuda') return undefined;
    return (await import('../../sampling/run/spare-devices.ts')).startSpares(execution, signal);
  },
  // Samples may come from elsewhere: what makes them here is loaded when it does.
  async *sample(request) {
    yield* (await import('../../sampling/sample-model.ts')).sampleModel(request);
  },
  scan: scanCorpus,
  async *map(request) {
    yield* (await import('../maps/map-here.ts')).mapHere(request);
  },
  fetching: 'ahead',
};

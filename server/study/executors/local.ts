// This machine: samples on its processor or devices, scans on all its cores.

import { scanCorpus } from '../../kernel/scan-corpus.ts';
import { sampleModel } from '../../sampling/sample-model.ts';
import type { Executor } from './executor.ts';

export const localExecutor: Executor = { sample: sampleModel, scan: scanCorpus };

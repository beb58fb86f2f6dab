// A study's samples as detection sees them.

import type { SampleInput } from '../engine/detection.ts';
import type { SampleIndex } from '../engine/sample-index.ts';
import { readSampleTexts } from '../store/samples-table.ts';
import type { Database } from '../store/study-file.ts';

export interface NumberedSamples {
  readonly samples: readonly SampleInput[];
  readonly index: SampleIndex;
}

/** In order of id. */
export function detectionSamples(db: Database): readonly SampleInput[] {
  return Array.from(readSampleTexts(db), ({ sampleId, text, ended }) => ({
    sampleId,
    text,
    cut: ended !== 'eos',
  }));
}

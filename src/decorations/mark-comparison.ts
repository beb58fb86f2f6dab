// What is compared with the training data when a mark is chosen: its place in the sample, or the text that the
// user has open.

import type { Uri } from 'vscode';
import type { ComparisonTarget } from '../documents/comparison-target.ts';
import type { StudyMark } from './text-marks.ts';

export function markComparison(text: Uri, mark: StudyMark): ComparisonTarget {
  const { study, fingerprint, sampleId, firstLine, lastLine } = mark;
  return sampleId === null
    ? { study, fingerprint, text: { uri: text.toString(), firstLine, lastLine } }
    : { study, fingerprint, sample: { sampleId, firstLine } };
}

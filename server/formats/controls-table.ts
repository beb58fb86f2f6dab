// What would match anyway, as rows that every form of a report shows.

import type { Estimate } from '../analysis/intervals.ts';
import type { StudyControls } from '../answers/measure-controls.ts';
import type { MatchedParts } from '../answers/measure-parts.ts';
import { count, counted, percentInterval } from './report-numbers.ts';

export const CONTROLS_TITLE = 'What would match anyway';
export const CONTROLS_HEAD: readonly string[] = ['rates', 'of samples', 'of lines', 'of windows'];

/** The study's own rates first. A rate that is not known is empty. */
export function controlRows({
  all,
  loops,
  byCopies,
  control,
}: StudyControls): readonly (readonly string[])[] {
  const row = (name: string, { samples, lines, windows }: MatchedParts) => [
    name,
    percentInterval(samples.share),
    percentInterval(lines.share),
    windows === null ? '' : percentInterval(windows.share),
  ];
  return [
    row('all samples', all),
    ...(control === null
      ? []
      : [
          row(`control (${counted(control.nDocuments, 'document')})`, control),
          [
            ...['beyond the control', points(control.excess.samples), points(control.excess.lines)],
            control.excess.windows === null ? '' : points(control.excess.windows),
          ],
        ]),
    ...(loops.nSamples === 0
      ? []
      : [
          row(
            `without ${counted(loops.nSamples, 'sample')} that only ${loops.nSamples === 1 ? 'repeats itself' : 'repeat themselves'}`,
            loops,
          ),
        ]),
    ...byCopies.map(({ name, fragments, samples }) => [
      `${counted(fragments, 'fragment')} that the training data holds ${name === '1' ? 'once' : `${name} times`}`,
      percentInterval(samples.share),
      '',
      '',
    ]),
  ];
}

/** Null where no document of the control stands whole in the training data. */
export const overlapNote = ({ control }: StudyControls): string | null =>
  control === null || control.nWhole === 0
    ? null
    : `The control overlaps with the training data: all lines of ${count(control.nWhole)} of its ${counted(control.nDocuments, 'document')} stand there, and these are no control.`;

const points = ({ value, low, high }: Estimate): string =>
  `${(100 * value).toFixed(1)} points (${(100 * low).toFixed(1)} to ${(100 * high).toFixed(1)})`;

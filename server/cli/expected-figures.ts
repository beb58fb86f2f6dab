// Figures that were published, or measured before, beside those of studies: `--expect FILE`. A figure is a measure of
// `--fail-on` as a share, and how far from it still agrees.

import { UserError } from '../errors.ts';
import { readTextFile } from '../formats/text-file.ts';
import { terminalTable } from '../formats/text-tables.ts';
import { openForReading } from '../store/study-file.ts';
import { measure } from './fail-on.ts';
import { type Condition, parseCondition } from './fail-on-condition.ts';
import { CONDITION_MET } from './fail-on-option.ts';
import type { NamedFile } from './run-map.ts';
import { tell } from './tell.ts';
import { tellLines } from './write-lines.ts';

export interface ExpectedFigure {
  /** The study of a grid that it is of, such as `prefix=100`; empty for the only one. */
  readonly study: string;
  readonly measured: Condition['measured'];
  /** What the measure is called in the file. */
  readonly measure: string;
  readonly share: number;
  readonly tolerance: number;
}

/** More would be no table. */
const MOST_FIGURES = 1000;

/** Throws a `UserError` that names the first figure that cannot be meant. */
export function readExpected(file: string): readonly ExpectedFigure[] {
  let figures: unknown;
  try {
    figures = JSON.parse(readTextFile(file, 'The expected figures'));
  } catch (cause) {
    if (cause instanceof UserError) throw cause;
    throw new UserError(`${file} is no JSON`, { action: SHAPE, cause });
  }
  if (!Array.isArray(figures) || figures.length === 0 || figures.length > MOST_FIGURES) {
    throw new UserError(`${file} is no list of 1 to ${MOST_FIGURES} figures`, { action: SHAPE });
  }
  return figures.map((figure, i) => {
    const read = readFigure(figure);
    if (typeof read === 'string') throw new UserError(`${file}, figure ${i + 1}: ${read}`, { action: SHAPE });
    return read;
  });
}

const SHAPE =
  'It must be [{"study": "prefix=100", "measure": "greedy", "share": 0.389, "tolerance": 0.02}, …].';

/** A sentence where it cannot be meant. */
function readFigure(value: unknown): ExpectedFigure | string {
  if (typeof value !== 'object' || value === null) return 'it is no object';
  const {
    study = '',
    measure: name,
    share,
    tolerance,
    ...others
  } = value as Readonly<Record<string, unknown>>;
  const [other] = Object.keys(others);
  if (other !== undefined) return `there is no "${other}"`;
  if (typeof study !== 'string') return '"study" must be a text';
  if (typeof name !== 'string') return '"measure" must be a text';
  if (!isShare(share) || !isShare(tolerance)) return '"share" and "tolerance" must be numbers from 0 to 1';
  const condition = parseCondition(`${name}>0%`);
  if (typeof condition === 'string') return condition;
  return { study, measured: condition.measured, measure: name, share, tolerance };
}

const isShare = (value: unknown): value is number => typeof value === 'number' && value >= 0 && value <= 1;

/** Prints a row a figure; one that is missed, or of a study that was not made, sets the exit code. */
export async function judgeExpected(
  expected: readonly ExpectedFigure[],
  files: readonly NamedFile[],
): Promise<void> {
  const rows = expected.map((figure) => {
    const file = files.find(({ name }) => name === figure.study)?.file;
    const share = file === undefined ? null : shareIn(file, figure);
    const isMet = share !== null && Math.abs(share - figure.share) <= figure.tolerance;
    return { figure, share, isMet };
  });
  const missed = rows.filter(({ isMet }) => !isMet);
  await tellLines([
    '',
    ...terminalTable({
      title: 'Expected figures',
      head: ['study', 'measure', 'expected', 'tolerance', 'found', ''],
      rows: rows.map(({ figure, share, isMet }) => [
        figure.study === '' ? 'the map' : figure.study,
        figure.measure,
        figure.share.toFixed(3),
        figure.tolerance.toFixed(3),
        share === null ? 'not made' : share.toFixed(3),
        isMet ? 'agrees' : 'differs',
      ]),
    }),
  ]);
  tell(`--expect: ${rows.length - missed.length} of ${rows.length} figures agree`);
  if (missed.length > 0) process.exitCode = CONDITION_MET;
}

/** Null where there is nothing to be a share of. */
function shareIn(file: string, { measured, measure: name }: ExpectedFigure): number | null {
  using db = openForReading(file);
  const { count, whole } = measure(db, file, {
    text: name,
    measured,
    operator: '>',
    limit: 0,
    unit: 'per cent',
  });
  return whole === null || whole === 0 ? null : count / whole;
}

// What an extraction map says: which share of the windows could be drawn out, overall and by group, which documents
// most, and how much of that a model would guess of code that it never saw. Intervals resample documents: the windows
// of one document are not independent.

import type { Foreign } from '../../../guard/text/foreign.ts';
import { foreign, rawText } from '../../../guard/text/foreign.ts';
import type { CalibrationMeasures } from '../../../protocol/calibration.ts';
import type { Provenance } from '../../../protocol/fragments.ts';
import { bootstrapDifference, bootstrapSums } from '../../analysis/bootstrap.ts';
import {
  COPY_RANGES,
  DRAWS,
  drawnWithin,
  LEAST_PROBABILITIES,
  leastLogp,
} from '../../analysis/extraction.ts';
import type { Estimate } from '../../analysis/intervals.ts';
import {
  countMap,
  type MapCounts,
  readMapDocuments,
  type StoredMapDocument,
} from '../../store/maps/map-reader.ts';
import type { Database } from '../../store/study-file.ts';
import { ColumnsOfUnits } from '../unit-columns.ts';
import { measureCalibration } from './measure-calibration.ts';
import { type ExaminedMeasures, measureExamined } from './measure-examined.ts';

/** One cell of the table: the share of windows that n draws give with probability p or more. */
export interface ExtractableShare {
  readonly n: number;
  readonly p: number;
  readonly nWindows: number;
  readonly share: Estimate;
}

export interface MapRates {
  readonly nWindows: number;
  /** Windows of which every token is the likeliest: greedy decoding gives them. */
  readonly greedy: { readonly nWindows: number; readonly share: Estimate };
  /** Share of the suffixes' tokens that are the likeliest. */
  readonly argmax: Estimate;
  readonly extractable: readonly ExtractableShare[];
  /** Expected number of windows that n draws of each give. */
  readonly expected: readonly { readonly n: number; readonly nWindows: number }[];
}

export interface MapGroup {
  readonly name: Foreign;
  readonly nWindows: number;
  readonly greedy: Estimate;
  readonly argmax: Estimate;
  /** (100, 0.5). */
  readonly extractable: Estimate;
}

export interface ExposedDocument {
  readonly documentId: number;
  readonly provenance: Provenance;
  readonly nWindows: number;
  readonly bestLogp: number | null;
  readonly expected: MapRates['expected'];
}

export interface MapMeasures {
  readonly counts: MapCounts;
  readonly rates: MapRates;
  readonly byCopies: readonly MapGroup[] | null;
  readonly byLicense: readonly MapGroup[];
  readonly byRepository: readonly MapGroup[];
  readonly byFileType: readonly MapGroup[];
  readonly documents: readonly ExposedDocument[];
  /** What a closer look at some windows says; null where none was looked at. */
  readonly examined: ExaminedMeasures | null;
  /** Whether windows come as often as the map says; null where the sampler drew none. */
  readonly calibration: CalibrationMeasures | null;
  readonly control: ControlMeasures | null;
}

export interface ControlMeasures {
  readonly counts: MapCounts;
  readonly rates: MapRates;
  readonly examined: ExaminedMeasures | null;
  /** Windows of the control whose text stands in the training data; null before that was looked for. */
  readonly nOverlapping: number | null;
  /** What the training data's rates have beyond the control's. */
  readonly excess: {
    readonly greedy: Estimate;
    readonly argmax: Estimate;
    readonly extractable: readonly { readonly n: number; readonly p: number; readonly share: Estimate }[];
  };
}

/** Documents told of. */
const MOST_EXPOSED = 100;
/** Groups told of: those with the most windows. */
const MOST_GROUPS = 20;
const GROUP_DRAWS = { n: 100, p: 0.5 } as const;

const CELLS = DRAWS.flatMap((n) => LEAST_PROBABILITIES.map((p) => ({ n, p, least: leastLogp(n, p) })));

export function measureMap(db: Database, suffix: number): MapMeasures {
  const sides = {
    training: new ColumnsOfUnits(N_COLUMNS),
    control: new ColumnsOfUnits(N_COLUMNS),
  };
  const expected = { training: DRAWS.map(() => 0), control: DRAWS.map(() => 0) };
  const exposed = new MostExposed();
  const groups = {
    copies: new Groups(),
    license: new Groups(),
    repository: new Groups(),
    fileType: new Groups(),
  };
  let nOverlapping: number | null = 0;
  let isCounted = true;
  for (const document of readMapDocuments(db)) {
    const { side, copies, provenance } = document;
    const own = measureDocument(document, suffix);
    sides[side].add(own.columns);
    for (const [i, value] of own.expected.entries()) expected[side][i]! += value;
    if (copies === null) isCounted = false;
    if (side === 'control') {
      nOverlapping =
        copies && nOverlapping !== null ? nOverlapping + copies.filter((n) => n > 0).length : null;
      continue;
    }
    exposed.offer(document, own.expected);
    const columns = groupColumns(document, suffix);
    groups.license.add(rawText(provenance.license), columns);
    groups.repository.add(rawText(provenance.repository), columns);
    groups.fileType.add(fileType(rawText(provenance.path)), columns);
    if (copies === null) continue;
    for (const { name, least, most } of COPY_RANGES) {
      const some = groupColumns(
        document,
        suffix,
        (window) => copies[window]! >= least && copies[window]! <= most,
      );
      if (some[0]! > 0) groups.copies.add(name, some);
    }
  }
  const counts = countMap(db, 'control');
  return {
    counts: countMap(db, 'training'),
    rates: ratesOf(sides.training, expected.training),
    byCopies: isCounted ? groups.copies.measure('by-name') : null,
    byLicense: groups.license.measure('by-size'),
    byRepository: groups.repository.measure('by-size'),
    byFileType: groups.fileType.measure('by-size'),
    documents: exposed.list(),
    examined: measureExamined(db, 'training', suffix),
    calibration: measureCalibration(db),
    control:
      counts.nShards === 0
        ? null
        : {
            counts,
            rates: ratesOf(sides.control, expected.control),
            examined: measureExamined(db, 'control', suffix),
            nOverlapping,
            excess: excessOf(sides.training, sides.control),
          },
  };
}

const [WINDOWS, TOKENS, GREEDY, ARGMAX] = [0, 1, 2, 3];
const FIRST_CELL = 4;
const N_COLUMNS = FIRST_CELL + CELLS.length;

function measureDocument({ logp, nArgmax }: StoredMapDocument, suffix: number) {
  const columns = new Float64Array(N_COLUMNS);
  const expected = DRAWS.map(() => 0);
  columns[WINDOWS] = logp.length;
  columns[TOKENS] = logp.length * suffix;
  for (const [window, one] of logp.entries()) {
    columns[ARGMAX]! += nArgmax[window]!;
    if (nArgmax[window] === suffix) columns[GREEDY]!++;
    if (one === -Infinity) continue;
    for (const [cell, { least }] of CELLS.entries()) if (one >= least) columns[FIRST_CELL + cell]!++;
    for (const [i, n] of DRAWS.entries()) expected[i]! += drawnWithin(n, one);
  }
  return { columns, expected };
}

/** Windows, tokens, greedy windows, likeliest tokens, extractable windows. */
function groupColumns(
  { logp, nArgmax }: StoredMapDocument,
  suffix: number,
  isWanted: (window: number) => boolean = () => true,
): Float64Array {
  const columns = new Float64Array(5);
  for (const [window, one] of logp.entries()) {
    if (!isWanted(window)) continue;
    columns[WINDOWS]!++;
    columns[TOKENS]! += suffix;
    columns[ARGMAX]! += nArgmax[window]!;
    if (nArgmax[window] === suffix) columns[GREEDY]!++;
    if (one >= GROUP_LEAST) columns[FIRST_CELL]!++;
  }
  return columns;
}

const GROUP_LEAST = leastLogp(GROUP_DRAWS.n, GROUP_DRAWS.p);

/** Greedy share, share of likeliest tokens, share of each cell. */
const shares = (sums: Float64Array): readonly number[] => [
  sums[GREEDY]! / sums[WINDOWS]!,
  sums[ARGMAX]! / sums[TOKENS]!,
  ...Array.from(sums.subarray(FIRST_CELL), (n) => n / sums[WINDOWS]!),
];

function ratesOf(units: ColumnsOfUnits, expected: readonly number[]): MapRates {
  const { sums } = units;
  const [greedy, argmax, ...cells] = bootstrapSums(units.columns(), shares);
  return {
    nWindows: sums[WINDOWS]!,
    greedy: { nWindows: sums[GREEDY]!, share: greedy! },
    argmax: argmax!,
    extractable: CELLS.map(({ n, p }, i) => ({ n, p, nWindows: sums[FIRST_CELL + i]!, share: cells[i]! })),
    expected: DRAWS.map((n, i) => ({ n, nWindows: expected[i]! })),
  };
}

function excessOf(training: ColumnsOfUnits, control: ColumnsOfUnits): ControlMeasures['excess'] {
  const [greedy, argmax, ...cells] = bootstrapDifference(training.columns(), control.columns(), shares);
  return {
    greedy: greedy!,
    argmax: argmax!,
    extractable: CELLS.map(({ n, p }, i) => ({ n, p, share: cells[i]! })),
  };
}

/** Documents by a name that they share. */
class Groups {
  readonly #byName = new Map<string, ColumnsOfUnits>();

  add(name: string, columns: Float64Array): void {
    let units = this.#byName.get(name);
    if (units === undefined) {
      units = new ColumnsOfUnits(columns.length);
      this.#byName.set(name, units);
    }
    units.add(columns);
  }

  measure(order: 'by-size' | 'by-name'): readonly MapGroup[] {
    const all = [...this.#byName].map(([name, units]) => ({ name, units, nWindows: units.sums[WINDOWS]! }));
    const place = (name: string) => COPY_RANGES.findIndex((range) => range.name === name);
    all.sort((a, b) =>
      order === 'by-name'
        ? place(a.name) - place(b.name)
        : b.nWindows - a.nWindows || (a.name < b.name ? -1 : 1),
    );
    return all.slice(0, MOST_GROUPS).map(({ name, units, nWindows }) => {
      const [greedy, argmax, extractable] = bootstrapSums(units.columns(), shares);
      return { name: foreign(name), nWindows, greedy: greedy!, argmax: argmax!, extractable: extractable! };
    });
  }
}

/** The documents with the most expected in 100 draws. */
class MostExposed {
  readonly #best: { readonly key: number; readonly document: ExposedDocument }[] = [];

  offer({ documentId, provenance, logp }: StoredMapDocument, expected: readonly number[]): void {
    const key = expected[DRAWS.indexOf(GROUP_DRAWS.n)]!;
    if (this.#best.length >= MOST_EXPOSED && key <= this.#best.at(-1)!.key) return;
    const best = logp.reduce((highest, one) => Math.max(highest, one), -Infinity);
    const document = {
      documentId,
      provenance,
      nWindows: logp.length,
      bestLogp: best === -Infinity ? null : best,
      expected: DRAWS.map((n, i) => ({ n, nWindows: expected[i]! })),
    };
    const at = this.#best.findIndex((other) => other.key < key);
    this.#best.splice(at < 0 ? this.#best.length : at, 0, { key, document });
    this.#best.length = Math.min(this.#best.length, MOST_EXPOSED);
  }

  list(): readonly ExposedDocument[] {
    return this.#best.map(({ document }) => document);
  }
}

/** `.py` of `a/b.PY`; empty for a file without one. */
function fileType(path: string): string {
  return /[^/\\](\.[A-Za-z0-9_+-]{1,12})$/.exec(path)?.[1]?.toLowerCase() ?? '';
}

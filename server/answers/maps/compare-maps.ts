// Two extraction maps of the same windows: what one model knows of each row that the other does not. A pair of models
// of which one never saw a row, or had it unlearned, tells memory from what any such model would guess.

import type { Provenance } from '../../../protocol/fragments.ts';
import type { StudyPlan } from '../../../protocol/study.ts';
import { bootstrapSums } from '../../analysis/bootstrap.ts';
import { leastLogp } from '../../analysis/extraction.ts';
import type { Estimate } from '../../analysis/intervals.ts';
import { readMapDocuments, type StoredMapDocument } from '../../store/maps/map-reader.ts';
import type { Database } from '../../store/study-file.ts';
import { ColumnsOfUnits } from '../unit-columns.ts';

export interface MapToCompare {
  readonly name: string;
  readonly db: Database;
  readonly plan: StudyPlan;
}

export interface DocumentDifference {
  /** In both maps. */
  readonly documentId: number;
  readonly provenance: Provenance;
  readonly nWindows: number;
  /** Mean over its windows, first minus second, in nats a window. */
  readonly meanDifference: number;
}

export interface MapComparison {
  readonly nWindows: number;
  /** Documents that only one of the maps has, or of which the windows are not the same. */
  readonly nUnpaired: number;
  /** Log-probability of a suffix at temperature 1 without a cut, first minus second: mean, in nats a window. */
  readonly meanDifference: Estimate;
  readonly greedy: ComparedShare;
  /** (100, 0.5), under each map's own rule. */
  readonly extractable: ComparedShare;
  /** Documents that the first knows better, the most different first; then those that the second does. */
  readonly firstKnows: readonly DocumentDifference[];
  readonly secondKnows: readonly DocumentDifference[];
  readonly warnings: readonly string[];
}

interface ComparedShare {
  readonly first: Estimate;
  readonly second: Estimate;
  readonly difference: Estimate;
}

const [WINDOWS, DIFFERENCE, GREEDY, EXTRACTABLE] = [0, 1, 2, 4];
const N_COLUMNS = 6;
const LEAST = leastLogp(100, 0.5);
const SHOWN = 20;

export function compareMaps(first: MapToCompare, second: MapToCompare): MapComparison {
  const units = new ColumnsOfUnits(N_COLUMNS);
  const differences: DocumentDifference[] = [];
  let nUnpaired = 0;
  for (const pair of pairDocuments(first.db, second.db)) {
    if (pair.some((document) => document?.side === 'control')) continue;
    if (!isPaired(pair)) {
      nUnpaired++;
      continue;
    }
    const [a, b] = pair;
    const columns = columnsOf(a, b, [first.plan.map!.suffix, second.plan.map!.suffix]);
    units.add(columns);
    const nWindows = columns[WINDOWS]!;
    const { documentId, provenance } = a;
    differences.push({ documentId, provenance, nWindows, meanDifference: columns[DIFFERENCE]! / nWindows });
    if (differences.length > 50 * SHOWN) keepExtremes(differences);
  }
  const shares = (sums: Float64Array) => {
    const share = (column: number) => sums[column]! / sums[WINDOWS]!;
    return [
      share(DIFFERENCE),
      ...[GREEDY, EXTRACTABLE].flatMap((column) => [
        share(column),
        share(column + 1),
        share(column) - share(column + 1),
      ]),
    ];
  };
  const [meanDifference, ...some] = bootstrapSums(units.columns(), shares);
  const compared = (from: number) => ({
    first: some[from]!,
    second: some[from + 1]!,
    difference: some[from + 2]!,
  });
  differences.sort((a, b) => b.meanDifference - a.meanDifference);
  return {
    nWindows: units.sums[WINDOWS]!,
    nUnpaired,
    meanDifference: meanDifference!,
    greedy: compared(0),
    extractable: compared(3),
    firstKnows: differences.filter(({ meanDifference: by }) => by > 0).slice(0, SHOWN),
    secondKnows: differences
      .filter(({ meanDifference: by }) => by < 0)
      .slice(-SHOWN)
      .reverse(),
    warnings: warningsOf(first, second, nUnpaired),
  };
}

type Pair = readonly [StoredMapDocument | undefined, StoredMapDocument | undefined];

/** Both go by shard and row. */
function* pairDocuments(first: Database, second: Database): Generator<Pair> {
  const [left, right] = [readMapDocuments(first), readMapDocuments(second)];
  let [a, b] = [left.next(), right.next()];
  while (!a.done || !b.done) {
    const [idA, idB] = [a.done ? Infinity : a.value.documentId, b.done ? Infinity : b.value.documentId];
    yield [idA <= idB ? a.value : undefined, idB <= idA ? b.value : undefined] as Pair;
    if (idA <= idB) a = left.next();
    if (idB <= idA) b = right.next();
  }
}

function isPaired(pair: Pair): pair is readonly [StoredMapDocument, StoredMapDocument] {
  const [a, b] = pair;
  if (a === undefined || b === undefined) return false;
  const isSameName = (['shard', 'row', 'path'] as const).every(
    (name) => a.provenance[name] === b.provenance[name],
  );
  return isSameName && a.places.length === b.places.length && a.places.every((at, i) => at === b.places[i]);
}

function columnsOf(
  a: StoredMapDocument,
  b: StoredMapDocument,
  suffixes: readonly [number, number],
): Float64Array {
  const columns = new Float64Array(N_COLUMNS);
  columns[WINDOWS] = a.logp.length;
  for (const window of a.logp.keys()) {
    columns[DIFFERENCE]! += a.logpPlain[window]! - b.logpPlain[window]!;
    for (const [i, document] of [a, b].entries()) {
      if (document.nArgmax[window] === suffixes[i]) columns[GREEDY + i]!++;
      if (document.logp[window]! >= LEAST) columns[EXTRACTABLE + i]!++;
    }
  }
  return columns;
}

/** Those in the middle are never told of. */
function keepExtremes(differences: DocumentDifference[]): void {
  differences.sort((a, b) => b.meanDifference - a.meanDifference);
  differences.splice(SHOWN, differences.length - 2 * SHOWN);
}

function warningsOf(first: MapToCompare, second: MapToCompare, nUnpaired: number): readonly string[] {
  const warnings: string[] = [];
  const [a, b] = [first.plan, second.plan];
  if (a.map!.context !== b.map!.context)
    warnings.push('One map is of exact context, the other of running context.');
  if (a.map!.prefix !== b.map!.prefix) warnings.push('The prefixes differ in length.');
  if (a.sampling.topK !== b.sampling.topK || a.sampling.temperature !== b.sampling.temperature)
    warnings.push('The rules of drawing differ: only the mean difference is of the same thing.');
  if (nUnpaired > 0)
    warnings.push(
      `${nUnpaired} documents are in one map alone, or cut into other windows, and do not count.`,
    );
  return warnings;
}

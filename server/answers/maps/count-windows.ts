// Single numbers of an extraction map's training data, for conditions and expectations: without intervals, and at the
// price of one pass over its windows.

import { leastLogp } from '../../analysis/extraction.ts';
import { UserError } from '../../errors.ts';
import { readMapDocuments, type StoredMapDocument } from '../../store/maps/map-reader.ts';
import type { Database } from '../../store/study-file.ts';
import { measureExamined } from './measure-examined.ts';

/** A number out of all. */
export interface WindowCount {
  readonly n: number;
  readonly nAll: number;
}

/** Windows that `n` draws give with probability `p` or more. */
export function countExtractable(db: Database, n: number, p: number): WindowCount {
  const least = leastLogp(n, p);
  return count(db, ({ logp }) => [logp.filter((one) => one >= least).length, logp.length]);
}

/** Windows of which every token is the likeliest. */
export const countGreedy = (db: Database, suffix: number): WindowCount =>
  count(db, ({ nArgmax }) => [nArgmax.filter((n) => n === suffix).length, nArgmax.length]);

/** Tokens of suffixes that are the likeliest. */
export const countLikeliest = (db: Database, suffix: number): WindowCount =>
  count(db, ({ nArgmax }) => [nArgmax.reduce((sum, n) => sum + n, 0), suffix * nArgmax.length]);

/** Examined windows; throws a `UserError` where there are none. */
export function countNearVerbatim(db: Database, suffix: number): WindowCount {
  const examined = measureExamined(db, 'training', suffix);
  if (examined === null) {
    throw new UserError(`${db.path} examined no window, so nothing is known of near-verbatim ones`, {
      action: 'Make the map with --examine.',
    });
  }
  const { nWindows, nearVerbatim } = examined;
  return { n: Math.round(nearVerbatim.value * nWindows), nAll: nWindows };
}

function count(db: Database, of: (document: StoredMapDocument) => readonly [number, number]): WindowCount {
  let [n, nAll] = [0, 0];
  for (const document of readMapDocuments(db)) {
    if (document.side !== 'training') continue;
    const [some, all] = of(document);
    n += some;
    nAll += all;
  }
  return { n, nAll };
}

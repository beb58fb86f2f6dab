// Which fragments stand only in samples that repeat themselves, among the places that are kept. What an earlier version
// did not note of a sample is not known, and such a sample counts as any other.

import type { Database } from './study-file.ts';

/** A condition on the row of `fragments` that goes by the name `f` in the query. */
export const standsOnlyInLoops = (f: string): string =>
  `NOT EXISTS (SELECT 1 FROM sample_occurrences o LEFT JOIN sample_metrics m ON m.sample_id = o.sample_id
    WHERE o.fragment_id = ${f}.fragment_id AND m.is_loop IS NOT 1)`;

/** Tells of one fragment after another: the statement is prepared once. */
export function openLoopReader(db: Database): (fragmentId: number) => boolean {
  const found = db.prepare(`SELECT 1 FROM fragments f WHERE fragment_id = ? AND ${standsOnlyInLoops('f')}`);
  return (fragmentId) => found.get(fragmentId) !== undefined;
}

/** Whether a sample only repeats itself; null where that is not known, or not yet. The statement is prepared once. */
export function openLoopSamples(db: Database): (sampleId: number) => boolean | null {
  const found = db.prepare('SELECT is_loop FROM sample_metrics WHERE sample_id = ?');
  return (sampleId) => {
    const isLoop = found.get(sampleId)?.is_loop ?? null;
    return isLoop === null ? null : isLoop === 1;
  };
}

// Fragments, or the regions of a map, by what is asked of them, as fingerprints.

import type { Category } from '../../protocol/views.ts';
import { describeFragments } from '../answers/describe-fragments.ts';
import { exposedRegions } from '../answers/maps/exposed-regions.ts';
import { UserError } from '../errors.ts';
import { readRegionGroups } from '../store/maps/map-regions.ts';
import { readFragmentFigures } from '../store/stored-fragments.ts';
import type { Database } from '../store/study-file.ts';

export interface FragmentChoice {
  readonly fingerprints?: readonly string[] | undefined;
  readonly kinds?: readonly Category[] | undefined;
  readonly isSensitive?: boolean | undefined;
}

/** Null where nothing is asked, so that all fragments count. Throws a `UserError` for one that there is not. */
export async function chooseFragments(
  db: Database,
  { fingerprints, kinds, isSensitive }: FragmentChoice,
): Promise<ReadonlySet<string> | null> {
  if (!fingerprints && !kinds && !isSensitive) return null;
  const facts = kinds || isSensitive ? await describeFragments(db) : undefined;
  const fragments = [...readFragmentFigures(db, ['fragmentId', 'fingerprint'])];
  const known = new Set(fragments.map(({ fingerprint }) => fingerprint));
  const unknown = fingerprints?.find((wanted) => !known.has(wanted));
  if (unknown !== undefined) throw new UserError(`The study holds no fragment ${unknown}`);
  const chosen = fragments.filter(
    ({ fragmentId, fingerprint }) =>
      (!fingerprints || fingerprints.includes(fingerprint)) &&
      (!kinds || kinds.includes(facts!.kinds[fragmentId]!.kind)) &&
      (!isSensitive || facts!.sensitive.has(fragmentId)),
  );
  return new Set(chosen.map(({ fingerprint }) => fingerprint));
}

/** What `chooseFragments` gives, of the regions of a map. */
export async function chooseRegions(
  db: Database,
  { fingerprints, kinds, isSensitive }: FragmentChoice,
): Promise<ReadonlySet<string> | null> {
  if (!fingerprints && !kinds && !isSensitive) return null;
  const known = new Set(readRegionGroups(db).map(({ fingerprint }) => fingerprint));
  const unknown = fingerprints?.find((wanted) => !known.has(wanted));
  if (unknown !== undefined) throw new UserError(`The map holds no region ${unknown}`);
  const named = fingerprints ? new Set(fingerprints) : known;
  if (!kinds && !isSensitive) return named;
  const chosen = new Set<string>();
  for await (const { fingerprint, kind, sensitive } of exposedRegions(db, {
    places: 0,
    disclosure: 'masked',
  })) {
    if (!named.has(fingerprint)) continue;
    if (kinds && !kinds.includes(kind)) continue;
    if (!isSensitive || sensitive.length > 0) chosen.add(fingerprint);
  }
  return chosen;
}

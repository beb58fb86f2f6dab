// How reports say which training line confirms a finding, and where it may be seen.

import { compose, joinForeign } from '../../guard/text/compose.ts';
import { type Foreign, rawText } from '../../guard/text/foreign.ts';
import type { ConfirmingPlace, SensitiveFinding } from '../answers/sensitive-findings.ts';

/** "owner/repo · path (mit), shard 3.json.gz row 7 line 12" */
export function describeConfirmation(place: ConfirmingPlace): Foreign {
  const name = joinForeign([place.repository, place.path], ' · ');
  const license = rawText(place.license) === '' ? '' : compose` (${place.license})`;
  const lines =
    place.firstLine === place.lastLine
      ? `line ${place.firstLine}`
      : `lines ${place.firstLine}–${place.lastLine}`;
  const comma = rawText(name) + rawText(license) === '' ? '' : ', ';
  return compose`${name}${license}${comma}${place.shard} row ${place.row} ${lines}`;
}

/** A page where it may be seen. The second is a guess, and says so. */
export interface NamedLink {
  readonly title: string;
  readonly url: string;
}

export function confirmationLinks({ shardUrl, guessedUrl }: ConfirmingPlace): readonly NamedLink[] {
  return [
    ...(shardUrl === null ? [] : [{ title: 'shard on the Hub', url: shardUrl }]),
    ...(guessedUrl === null ? [] : [{ title: 'perhaps this file on GitHub', url: guessedUrl }]),
  ];
}

/** What was found in each fragment, by fingerprint. */
export function findingsByFragment(
  findings: readonly SensitiveFinding[],
): ReadonlyMap<string, readonly SensitiveFinding[]> {
  return Map.groupBy(findings, ({ fingerprint }) => fingerprint);
}

// How reports say which training line confirms a finding, and where it may be seen.

import type { ConfirmingPlace, SensitiveFinding } from '../answers/sensitive-findings.ts';

/** "owner/repo · path (mit), shard 3.json.gz row 7 line 12" */
export function describeConfirmation(place: ConfirmingPlace): string {
  const name = [place.repository, place.path].filter(Boolean).join(' · ');
  const license = place.license ? ` (${place.license})` : '';
  const lines =
    place.firstLine === place.lastLine
      ? `line ${place.firstLine}`
      : `lines ${place.firstLine}–${place.lastLine}`;
  return `${name}${license}${name || license ? ', ' : ''}${place.shard} row ${place.row} ${lines}`;
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

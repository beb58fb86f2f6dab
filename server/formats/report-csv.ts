// The report as CSV (RFC 4180, but lines end at LF): a fragment a row. What a spreadsheet would take for a formula gets
// an apostrophe in front.

import { joinForeign } from '../../guard/text/compose.ts';
import { forCsv } from '../../guard/text/for-csv.ts';
import type { Encodable } from '../../guard/text/foreign.ts';
import type { ConfirmingPlace } from '../answers/sensitive-findings.ts';
import { describeConfirmation, findingsByFragment } from './confirmations.ts';
import { type FragmentEntry, fragmentEntries, type ReportContent } from './report-content.ts';

export function* reportCsv(content: ReportContent): Generator<string> {
  yield columns.map(([name]) => name).join(',');
  const findings = findingsByFragment(content.answers?.sensitive.inFragments ?? []);
  for (const entry of fragmentEntries(content)) {
    const confirmed = (findings.get(entry.fingerprint) ?? []).flatMap((f) => f.confirmedBy ?? []);
    yield columns.map(([, value]) => forCsv(value(entry, confirmed))).join(',');
  }
}

const columns: readonly (readonly [
  name: string,
  (entry: FragmentEntry, confirmed: readonly ConfirmingPlace[]) => Encodable | null,
])[] = [
  ['fingerprint', (e) => e.fingerprint],
  ['len', (e) => e.nLines],
  ['train', (e) => e.train],
  ['documents', (e) => e.documents],
  ['repositories', (e) => e.repositories],
  ['extract', (e) => e.extract],
  ['samples', (e) => e.samples],
  ['clipped', (e) => e.clipped],
  ['family', (e) => e.family],
  ['kind', (e) => e.kind],
  ['spdx_id', (e) => e.spdxId],
  ['hand_label', (e) => e.handLabel],
  ['sensitive', (e) => e.sensitive.join(' ')],
  ['accepted', (e) => e.accepted],
  ['repository', (e) => e.trainPlaces[0]?.repository ?? null],
  ['path', (e) => e.trainPlaces[0]?.path ?? null],
  ['license', (e) => e.trainPlaces[0]?.license ?? null],
  ['shard', (e) => e.trainPlaces[0]?.shard ?? null],
  ['row', (e) => e.trainPlaces[0]?.row ?? null],
  ['first_line', (e) => e.trainPlaces[0]?.firstLine ?? null],
  ['last_line', (e) => e.trainPlaces[0]?.lastLine ?? null],
  ['sample', (e) => e.samplePlaces[0]?.sample ?? null],
  ['confirmed_by', (_, places) => joinForeign(places.map(describeConfirmation), '; ')],
  ['shard_url', (_, places) => places[0]?.shardUrl ?? null],
  ['guessed_url', (_, places) => places.map(({ guessedUrl }) => guessedUrl ?? '').join(' ')],
  ['text', (e) => e.text],
  ['only_in_loops', (e) => e.onlyInLoops],
];

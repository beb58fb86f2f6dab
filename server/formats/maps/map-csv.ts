// The regions of an extraction map as CSV, a region a row.

import { forCsv } from '../../../guard/text/for-csv.ts';
import type { Encodable } from '../../../guard/text/foreign.ts';
import { type MapReport, type RegionEntry, regionEntries } from './map-content.ts';

export async function* mapCsv(report: MapReport): AsyncGenerator<string> {
  yield columns.map(([name]) => name).join(',');
  for await (const entry of regionEntries(report, { places: 1 })) {
    yield columns.map(([, value]) => forCsv(value(entry))).join(',');
  }
}

const columns: readonly (readonly [name: string, (entry: RegionEntry) => Encodable | null])[] = [
  ['fingerprint', (e) => e.fingerprint],
  ['len', (e) => e.nLines],
  ['regions', (e) => e.regions],
  ['documents', (e) => e.documents],
  ['best_logp', (e) => e.bestLogp],
  ['best_p', (e) => Math.exp(e.bestLogp)],
  ['even_odds', (e) => e.evenOdds],
  ['kind', (e) => e.kind],
  ['spdx_id', (e) => e.spdxId],
  ['sensitive', (e) => e.sensitive.join(' ')],
  ['accepted', (e) => e.accepted],
  ['repository', (e) => e.places[0]?.repository ?? null],
  ['path', (e) => e.places[0]?.path ?? null],
  ['license', (e) => e.places[0]?.license ?? null],
  ['shard', (e) => e.places[0]?.shard ?? null],
  ['row', (e) => e.places[0]?.row ?? null],
  ['first_line', (e) => e.places[0]?.firstLine ?? null],
  ['last_line', (e) => e.places[0]?.lastLine ?? null],
  ['text', (e) => e.text],
];

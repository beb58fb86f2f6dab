// The regions of an extraction map as fragments: texts of the training data that could be drawn out, each with its
// fingerprint, how likely it is, what it is and where it stands. What is sensitive is masked here, unless it is asked for.

import { evenOdds } from '../../../protocol/even-odds.ts';
import type { Provenance } from '../../../protocol/fragments.ts';
import type { Category } from '../../../protocol/views.ts';
import { kindOfFragment } from '../../analysis/kind-of-fragment.ts';
import { maskRanges, type SensitiveKind } from '../../analysis/sensitive.ts';
import { findSensitiveInside } from '../../sensitive/find-inside.ts';
import {
  openRegionPlaces,
  openRegionTexts,
  type RegionGroup,
  readRegionGroups,
} from '../../store/maps/map-regions.ts';
import type { Database } from '../../store/study-file.ts';
import { disclosedNames } from '../disclosed-names.ts';
import type { Disclosure } from '../undisclosed.ts';

export interface ExposedRegion {
  /** MD5 of its lines as the profile normalises them: a fragment of the same text has the same. */
  readonly fingerprint: string;
  /** Lines that are not blank; the first and the last one may be cut. */
  readonly nLines: number;
  /** Places in the training data where a window of it is likely enough. */
  readonly regions: number;
  readonly documents: number;
  /** Log-probability of its likeliest window, in nats. */
  readonly bestLogp: number;
  /** Draws that make that window as likely as not. */
  readonly evenOdds: number;
  readonly kind: Category;
  readonly spdxId: string | null;
  readonly sensitive: readonly SensitiveKind[];
  readonly text: string;
  /** The likeliest first. */
  readonly places: readonly (Provenance & {
    readonly firstLine: number;
    readonly lastLine: number;
    readonly bestLogp: number;
  })[];
}

export interface RegionOptions {
  /** The most regions; left out: all. */
  readonly top?: number;
  readonly order?: 'likeliest' | 'documents';
  /** Places listed a region. */
  readonly places: number;
  readonly disclosure: Disclosure;
}

/** Their texts are read as they are asked for: a map's regions never lie in memory together. */
export async function* exposedRegions(
  db: Database,
  { top, order, places, disclosure }: RegionOptions,
): AsyncGenerator<ExposedRegion> {
  const groups = readRegionGroups(db, order, top);
  if (groups.length === 0) return;
  const { loadLicenses } = await import('../license-texts.ts');
  const licenses = loadLicenses();
  const showPlace = await disclosedNames(db, disclosure);
  const placesOf = openRegionPlaces(db, places);
  for await (const { item, ranges } of findSensitiveInside(withTexts(db, groups))) {
    const { group, text } = item;
    const { fingerprint, nRegions, nDocuments, bestLogp } = group;
    yield {
      fingerprint,
      nLines: text.split(/\r\n|\r|\n/).filter((line) => line.trim() !== '').length,
      regions: nRegions,
      documents: nDocuments,
      bestLogp,
      evenOdds: evenOdds(bestLogp),
      ...kindOfFragment(text, licenses),
      sensitive: [...new Set(ranges.map(({ kind }) => kind))],
      text: disclosure === 'masked' ? maskRanges(text, ranges) : text,
      places: placesOf(fingerprint).map(({ provenance, firstLine, lastLine, bestLogp: own }) => ({
        ...showPlace(provenance),
        firstLine,
        lastLine,
        bestLogp: own,
      })),
    };
  }
}

function* withTexts(db: Database, groups: readonly RegionGroup[]) {
  const decoder = new TextDecoder();
  const textOf = openRegionTexts(db);
  for (const group of groups) {
    const { before, text, after } = textOf(group.fingerprint);
    yield {
      group,
      before: decoder.decode(before),
      text: decoder.decode(text),
      after: decoder.decode(after),
    };
  }
}

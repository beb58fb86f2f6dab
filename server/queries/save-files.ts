// Writes what leaves the editor into files of the user's choice: reports, and training rows. Each file is whole or not
// there at all.

import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { FragmentsChosen, SavedFormat } from '../../protocol/leaving.ts';
import type { StudyId } from '../../protocol/study.ts';
import { disclosedNames } from '../answers/disclosed-names.ts';
import {
  countUnlistedPlaces,
  listExposedRows,
  listTrainingRows,
  rowLines,
} from '../answers/training-rows.ts';
import { UserError } from '../errors.ts';
import { hasBaseline, readBaseline } from '../formats/baseline-file.ts';
import { gatherMapReport } from '../formats/maps/map-content.ts';
import { mapForms } from '../formats/maps/map-forms.ts';
import { gatherReport } from '../formats/report-content.ts';
import { type ReportForm, reportForms } from '../formats/report-forms.ts';
import { listFingerprints } from '../store/fragment-views.ts';
import { listRegionFingerprints } from '../store/maps/map-views.ts';
import { type Database, openForReading } from '../store/study-file.ts';
import { writeWhole } from '../write-whole.ts';
import { chooseFragments } from './choose-fragments.ts';
import { openGroupName } from './group-names.ts';
import { summaryOf } from './study-summary.ts';
import { acceptedBy } from './view-queries.ts';

export interface ReportToSave {
  readonly study: StudyId;
  readonly format: SavedFormat;
  readonly file: string;
  readonly baseline: string | null;
}

export async function saveReport({ study, format, file, baseline }: ReportToSave) {
  using db = openForReading(study);
  const form: ReportForm = reportForms[format];
  const summary = summaryOf(db, study);
  const known = baseline !== null && hasBaseline(baseline) ? readBaseline(baseline) : null;
  if (summary.map !== undefined) {
    const report = await gatherMapReport(db, summary, { disclosure: 'masked', baseline: known });
    await writeLines(file, mapForms[format](report));
    return { nFragments: 0 };
  }
  const content = await gatherReport(db, summary, {
    places: form.places,
    disclosure: 'masked',
    baseline: known,
  });
  await writeLines(file, form.write(content, 'families'));
  return { nFragments: summary.nFragments ?? 0 };
}

export interface RowsToSave {
  readonly study: StudyId;
  readonly file: string;
  readonly chosen: FragmentsChosen;
}

export async function saveTrainingRows({ study, file, chosen }: RowsToSave) {
  using db = openForReading(study);
  const isMap = summaryOf(db, study).map !== undefined;
  const fingerprints = isMap ? regionsOf(db, chosen) : await fingerprintsOf(db, study, chosen);
  const list = isMap ? listExposedRows : listTrainingRows;
  const showPlace = await disclosedNames(db, 'masked');
  let nRows = 0;
  function* lines() {
    for (const line of rowLines(list(db, fingerprints), showPlace)) {
      nRows++;
      yield line;
    }
  }
  await writeLines(file, lines());
  return { nRows, nUnlisted: fingerprints === null ? 0 : countUnlistedPlaces(db, fingerprints) };
}

/** Null where all regions are chosen. */
function regionsOf(db: Database, chosen: FragmentsChosen): ReadonlySet<string> | null {
  if (chosen.kind === 'named') return new Set(chosen.fingerprints);
  const { filter, baseline } = chosen;
  const group = chosen.kind === 'regions' ? { by: chosen.by, key: chosen.key } : null;
  if (group === null && Object.keys(filter).length === 0) return null;
  return new Set(listRegionFingerprints(db, { filter, accepted: acceptedBy(baseline) }, group));
}

/** Null where nothing leaves any out: then rows beyond the places that are kept count, too. */
async function fingerprintsOf(
  db: Database,
  study: StudyId,
  chosen: FragmentsChosen,
): Promise<ReadonlySet<string> | null> {
  if (chosen.kind === 'named') return chooseFragments(db, { fingerprints: chosen.fingerprints });
  if (chosen.kind === 'regions') throw new UserError(`${study} is no extraction map`);
  const { filter, baseline, grouping } = chosen;
  if (chosen.group === null && Object.keys(filter).length === 0) return null;
  const group = chosen.group && (await openGroupName(study, grouping, chosen.group));
  return new Set(listFingerprints(db, { filter, accepted: acceptedBy(baseline), grouping, group }));
}

async function writeLines(file: string, lines: Iterable<string> | AsyncIterable<string>): Promise<void> {
  async function* ended() {
    for await (const line of lines) yield `${line}\n`;
  }
  await writeWhole(resolve(file), (draft) => writeFile(draft, ended()));
}

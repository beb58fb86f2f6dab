// The report as JSON: {"study": {…}, "fragments": [{…}, …]}, a fragment a line, written as it is read.

import type { StudySummary } from '../../protocol/study.ts';
import type { Database } from '../store/study-file.ts';
import { readStudy } from '../store/study-table.ts';
import {
  listFragments,
  listSampleOccurrences,
  listTrainOccurrences,
  readFragmentText,
} from '../store/views.ts';

const PAGE = 500;
/** Places a fragment in the report; the study file keeps more. */
const PLACES = 100;

export function* reportJson(db: Database, summary: StudySummary, top = Number.POSITIVE_INFINITY) {
  const { environment } = readStudy(db)!;
  yield `{"study": ${JSON.stringify({ ...summary, environment })}, "fragments": [`;
  for (let offset = 0; offset < top; offset += PAGE) {
    const limit = Math.min(PAGE, top - offset);
    const { items, total } = listFragments(db, { offset, limit, order: 'train' });
    for (const [i, row] of items.entries()) {
      const isLast = offset + i + 1 >= Math.min(total, top);
      yield `${JSON.stringify(fragmentEntry(db, offset + i, row))}${isLast ? '' : ','}`;
    }
    if (offset + items.length >= total) break;
  }
  yield ']}';
}

type FragmentRow = ReturnType<typeof listFragments>['items'][number];

const fragmentEntry = (db: Database, fragmentId: number, row: FragmentRow) => ({
  fingerprint: row.fingerprint,
  len: row.nLines,
  train: row.train,
  documents: row.nDocuments,
  repositories: row.nRepositories,
  extract: row.extract,
  samples: row.nSamples,
  clipped: row.clipped,
  family: row.family,
  text: new TextDecoder().decode(readFragmentText(db, fragmentId)),
  trainPlaces: listTrainOccurrences(db, fragmentId, { offset: 0, limit: PLACES }).map((place) => ({
    ...place.provenance,
    firstLine: place.firstLine,
    lastLine: place.lastLine,
  })),
  samplePlaces: listSampleOccurrences(db, fragmentId, { offset: 0, limit: PLACES }).map((place) => ({
    sample: place.sampleId,
    firstLine: place.firstLine,
    lastLine: place.lastLine,
  })),
});

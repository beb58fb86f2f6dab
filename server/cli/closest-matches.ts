// The closest that samples come to their training data where a study found nothing: the same search for shorter pieces, in
// a study file that is gone afterwards. It follows a run, which has read the same places a moment ago.

import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { forTerminal } from '../../guard/text/for-terminal.ts';
import { canBeCloser, MAX_READ_AGAIN_BYTES, searchAgain, shorterThan } from '../../protocol/search-again.ts';
import type { Execution, StudyPlan, StudySummary } from '../../protocol/study.ts';
import {
  describeTrainPlace,
  type FamilyEntry,
  familyEntries,
  gatherReport,
} from '../formats/report-content.ts';
import { count, counted } from '../formats/report-numbers.ts';
import { mostSampleLines } from '../store/metrics-table.ts';
import { openForReading } from '../store/study-file.ts';
import { readStudy } from '../store/study-table.ts';
import { runStudy } from '../study/run-study.ts';

const SHOWN = 3;
/** Among so many families the longest are looked for. */
const LOOKED_AT = 1000;

/** Lines for the end of a report; none where a study found something, or where looking again would take long. */
export async function closestMatches(
  summary: StudySummary,
  execution: Execution,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { id, corpusBytes } = summary;
  if (!canBeCloser(summary) || corpusBytes > MAX_READ_AGAIN_BYTES) return [];
  const { plan, mostLines } = studyAt(id);
  if (!plan.corpus.every((place) => existsSync(place))) return [];
  const minLines = shorterThan(plan.rule.minLines);
  const nothing = [`Closest   No sample has even ${minLines} lines in a row that the training data has.`];
  if (mostLines < minLines) return nothing;
  const folder = mkdtempSync(join(tmpdir(), 'verbatim-closest-'));
  try {
    const file = join(folder, 'closest.sqlite');
    const shorter = searchAgain(id, plan, minLines);
    const request = { file, plan: shorter, execution, upTo: 'analyse', signal, report: () => {} } as const;
    const found = await runStudy(request);
    using db = openForReading(file);
    const options = { places: 1, disclosure: 'masked', baseline: null } as const;
    const content = await gatherReport(db, found, options);
    const longest = [...familyEntries(content, LOOKED_AT)].sort((a, b) => b.nLines - a.nLines);
    return longest.length === 0
      ? nothing
      : longest.slice(0, SHOWN).map((entry, i) => `${i === 0 ? 'Closest   ' : INDENT}${describe(entry)}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const INDENT = ' '.repeat(10);

function describe({ nLines, train, trainPlaces: [place] }: FamilyEntry): string {
  const often = `${counted(nLines, 'line')}, ${count(train)}× in the training data`;
  return place === undefined ? often : `${often}: ${forTerminal(describeTrainPlace(place))}`;
}

/** The plan, and the significant lines of the sample that has most. */
function studyAt(file: string): { readonly plan: StudyPlan; readonly mostLines: number } {
  using db = openForReading(file);
  return { plan: readStudy(db)!.plan, mostLines: mostSampleLines(db) };
}

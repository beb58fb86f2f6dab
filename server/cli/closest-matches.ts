// The closest that samples come to their training data where a study found nothing: the same search for shorter pieces, in
// a study file that is gone afterwards. It follows a run, which has read the same places a moment ago.

import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { forTerminal } from '../../guard/text/for-terminal.ts';
import type { Execution, StudyPlan, StudySummary } from '../../protocol/study.ts';
import { shorterThan } from '../formats/nothing-found.ts';
import {
  describeTrainPlace,
  type FamilyEntry,
  familyEntries,
  gatherReport,
} from '../formats/report-content.ts';
import { count, counted } from '../formats/report-numbers.ts';
import { openForReading } from '../store/study-file.ts';
import { readStudy } from '../store/study-table.ts';
import { runStudy } from '../study/run-study.ts';

/** What is read again in a moment. */
const MAX_CORPUS_BYTES = 64e6;
const SHOWN = 3;
/** Among so many families the longest are looked for. */
const LOOKED_AT = 1000;

/** Lines for the end of a report; none where a study found something, or where looking again would take long. */
export async function closestMatches(
  { id, nFragments, nDocuments, corpusBytes }: StudySummary,
  execution: Execution,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const plan = planOf(id);
  const isThere = plan.corpus.every((place) => existsSync(place));
  if (nFragments !== 0 || nDocuments === 0 || corpusBytes > MAX_CORPUS_BYTES || !isThere) return [];
  const minLines = shorterThan(plan.rule.minLines);
  if (minLines === plan.rule.minLines) return [];
  const folder = mkdtempSync(join(tmpdir(), 'verbatim-closest-'));
  try {
    const file = join(folder, 'closest.sqlite');
    const source = { kind: 'samples', samples: id, model: null } as const;
    const shorter: StudyPlan = { ...plan, source, rule: { ...plan.rule, minLines } };
    const request = { file, plan: shorter, execution, upTo: 'analyse', signal, report: () => {} } as const;
    const summary = await runStudy(request);
    using db = openForReading(file);
    const options = { places: 1, disclosure: 'masked', baseline: null } as const;
    const content = await gatherReport(db, summary, options);
    const longest = [...familyEntries(content, LOOKED_AT)].sort((a, b) => b.nLines - a.nLines);
    return longest.length === 0
      ? [`Closest   No sample has even ${minLines} lines in a row that the training data has.`]
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

function planOf(file: string): StudyPlan {
  using db = openForReading(file);
  return readStudy(db)!.plan;
}

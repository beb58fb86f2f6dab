// Runs `verbatim check`, prints what it found, and judges it for a build.

import { resolve } from 'node:path';
import { forJson } from '../../guard/text/for-json.ts';
import { rawText } from '../../guard/text/foreign.ts';
import { CorpusIndex } from '../corpus-index/corpus-index.ts';
import { UserError } from '../errors.ts';
import { BASELINE_NAME, readAccepted, readBaseline } from '../formats/baseline-file.ts';
import { count, counted } from '../formats/report-numbers.ts';
import { checkFiles, type Review, type ReviewedMatch } from '../review/check-files.ts';
import { chooseLines } from '../review/choose-lines.ts';
import { repositoryRoot } from '../review/git.ts';
import { reviewSarif, type SarifBase } from '../review/review-sarif.ts';
import { type Condition, holds, namesLicense } from './fail-on-condition.ts';
import { CONDITION_MET } from './fail-on-option.ts';
import { describeMatch, describeUnverified } from './index-check.ts';
import type { CheckRequest } from './index-requests.ts';
import { rootOf } from './index-root.ts';
import { tell } from './tell.ts';
import { untilInterrupted } from './until-interrupted.ts';
import { tellLines, writeLines } from './write-lines.ts';

export async function runCheckFiles(files: readonly string[], request: CheckRequest): Promise<void> {
  const folder = process.cwd();
  const where = request.index ?? process.env.VERBATIM_INDEX;
  if (where === undefined || where === '') {
    throw new UserError('No index is named', {
      action:
        'Give --index DIR, or set VERBATIM_INDEX. Build one: verbatim index build --corpus PATH --to DIR',
    });
  }
  const { baseline } = request;
  const root = rootOf(request);
  const accepted =
    baseline === undefined ? readAccepted(resolve(BASELINE_NAME)) : readBaseline(resolve(baseline)).accepted;
  const review = await untilInterrupted(async (signal) => {
    const { changedSince, aiLines, agentTrace: traces } = request;
    const chosen = await chooseLines({ folder, files, changedSince, aiLines, traces }, signal);
    using index = new CorpusIndex(resolve(where), root);
    return await checkFiles(index, folder, chosen, accepted, signal);
  });
  if (request.format === 'json') await writeLines([forJson(review)]);
  else if (request.format === 'sarif') await writeLines([reviewSarif(review, await baseOf(review, folder))]);
  else await tellLines(describe(review, resolve(where)));
  if (!review.isVerified || review.notes.length > 0) process.exitCode = 3;
  for (const condition of request.failOn ?? []) judge(condition, review);
}

/** Viewers of SARIF take no address that leads up: files around this folder are told from the repository's root. */
async function baseOf({ files }: Review, folder: string): Promise<SarifBase> {
  const here = { folder, from: folder };
  if (!files.some(({ path }) => /^\.\.[/\\]/.test(path))) return here;
  const { signal } = new AbortController();
  return await repositoryRoot(folder, signal).then(
    (root) => ({ folder: root, from: folder }),
    () => here,
  );
}

function* describe({ files, notes, isVerified, minLines }: Review, where: string): Generator<string> {
  for (const note of notes) yield `note: ${note}`;
  for (const { path, matches } of files) {
    for (const match of matches) {
      yield match.accepted === null ? path : `${path} (accepted: ${match.accepted})`;
      for (const line of describeMatch(match)) yield `  ${line}`;
    }
  }
  const n = files.reduce((sum, { matches }) => sum + matches.length, 0);
  const nTooShort = files.filter(({ isTooShort }) => isTooShort).length;
  const short = `, ${count(nTooShort)} of them too short to be looked up (under ${minLines} significant lines)`;
  yield `${counted(n, 'match', 'matches')} in ${counted(files.length, 'file')}${nTooShort > 0 ? short : ''}`;
  if (!isVerified) yield* describeUnverified(where);
}

function judge(condition: Condition, review: Review): void {
  const { count, whole } = measure(condition, review);
  const share = whole === null || whole === 0 ? 0 : (100 * count) / whole;
  const isMet = holds(condition, condition.unit === 'per cent' ? share : count);
  if (isMet) process.exitCode = CONDITION_MET;
  const of = whole === null ? '' : ` of ${whole} (${share.toFixed(2)} %)`;
  tell(`--fail-on ${condition.text}: ${isMet ? 'met' : 'not met'}, ${count}${of}`);
}

/** What the baseline accepts does not count; a file is a sample here. */
function measure({ measured, text }: Condition, { files, notes }: Review) {
  const refuse = (): never => {
    throw new UserError(`A check reads no model, so ${text} says nothing of it`, {
      action: 'Ask for it with verbatim discover, or leave it out.',
    });
  };
  if (measured.kind === 'extractable') return refuse();
  const matches = files.flatMap((file) => file.matches.filter(isNew));
  if (measured.kind === 'licence') return { count: documentsUnder(measured.pattern, matches), whole: null };
  switch (measured.measure) {
    case 'memorised-samples':
      return { count: files.filter((file) => file.matches.some(isNew)).length, whole: files.length };
    case 'memorised-lines': {
      const count = files.reduce((sum, file) => sum + (file.matches.some(isNew) ? file.nMatchedLines : 0), 0);
      return { count, whole: files.reduce((sum, { nLines }) => sum + nLines, 0) };
    }
    case 'fragments':
      return { count: matches.length, whole: null };
    case 'longest-fragment':
      return { count: Math.max(0, ...matches.map(linesOf)), whole: null };
    case 'problems':
      return { count: notes.length, whole: null };
    case 'greedy':
    case 'argmax':
    case 'near-verbatim':
      return refuse();
  }
}

const isNew = ({ accepted }: ReviewedMatch) => accepted === null;
const linesOf = ({ nLines, firstLine, lastLine }: ReviewedMatch) => nLines ?? lastLine - firstLine + 1;

const documentsUnder = (pattern: string, matches: readonly ReviewedMatch[]) =>
  matches
    .flatMap(({ licenses }) => licenses)
    .filter(({ license }) => namesLicense(pattern, rawText(license)))
    .reduce((sum, { nDocuments }) => sum + nDocuments, 0);

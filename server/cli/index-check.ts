// Looks one text up for a terminal.

import { forJson } from '../../guard/text/for-json.ts';
import { forTerminal } from '../../guard/text/for-terminal.ts';
import type { Encodable } from '../../guard/text/foreign.ts';
import { shorten } from '../../guard/text/shorten.ts';
import type { CheckedMatch, CheckedText } from '../../protocol/checked-text.ts';
import { checkText } from '../corpus-index/check-text.ts';
import { CorpusIndex } from '../corpus-index/corpus-index.ts';
import { counted } from '../formats/report-numbers.ts';
import { maskCheckedNames } from '../review/mask-checked.ts';
import { ofFile } from '../review/reviewed-text.ts';
import type { CheckOptions } from './index-requests.ts';
import { rootOf } from './index-root.ts';
import { readWholeText } from './read-whole-text.ts';
import { tellLines, writeLines } from './write-lines.ts';

export async function runCheck(folder: string, file: string, options: CheckOptions): Promise<void> {
  const root = rootOf(options);
  const read = await readWholeText(file);
  using index = new CorpusIndex(folder, root);
  // Ctrl-C ends the program: there is nothing to keep.
  const { signal } = new AbortController();
  const checked = await maskCheckedNames(ofFile(await checkText(index, read.text, { signal }), read));
  await (options.json ? writeLines([forJson(checked)]) : tellLines(describeChecked(checked, folder)));
  if (!checked.isVerified) process.exitCode = 3;
}

function* describeChecked(checked: CheckedText, folder: string): Generator<string> {
  for (const note of checked.notes) yield `note: ${forTerminal(note)}`;
  if (!checked.isVerified) yield* describeUnverified(folder);
  for (const match of checked.matches) yield* describeMatch(match);
  const { matches, nMatchedLines } = checked;
  if (checked.nWindows === 0) yield 'Nothing of it was looked up.';
  else if (matches.length === 0) yield 'Nothing of it stands in the corpus.';
  else yield `${counted(nMatchedLines, 'line')} of it in ${counted(matches.length, 'match', 'matches')}`;
}

/** What to do about it depends on what became of the training data, which the notes say. */
export function* describeUnverified(folder: string): Generator<string> {
  yield 'Not all of this answer is verified: the training data is not what was indexed.';
  yield `  Moved: name its folder with --root. Changed: verbatim index add ${forTerminal(folder)} --corpus PATH.`;
}

const SOURCES_TOLD = 5;
const NAME_CHARACTERS = 500;

export function* describeMatch(match: CheckedMatch): Generator<string> {
  const { firstLine, lastLine, nDocuments, nRepositories, licenses, sources, isVerified } = match;
  const named = licenses
    .slice(0, SOURCES_TOLD)
    .map(({ license }) => nameOf(license) || 'unknown licence')
    .join(', ');
  const sure = isVerified ? '' : ' (unverified)';
  yield `lines ${firstLine}-${lastLine}: in ${counted(nDocuments, 'document')} of ${counted(nRepositories, 'repository', 'repositories')}, ${named}${sure}`;
  for (const source of sources.slice(0, SOURCES_TOLD)) {
    const lines = source.firstLine === null ? '' : `:${source.firstLine}-${source.lastLine}`;
    const where = [source.repository, source.path].map(nameOf).filter((name) => name !== '');
    yield `  ${where.join(' ')}${lines}`;
  }
}

/** Names of training data have no bound of their own. */
const nameOf = (name: Encodable): string => shorten(forTerminal(name), NAME_CHARACTERS);

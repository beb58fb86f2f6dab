// `report --files`: the files of the corpus that were not searched, each with why, as far as their names are kept.

import { forCsv } from '../../guard/text/for-csv.ts';
import { forJson } from '../../guard/text/for-json.ts';
import { forTerminal } from '../../guard/text/for-terminal.ts';
import { foreign, rawText } from '../../guard/text/foreign.ts';
import type { UnsearchedFile } from '../../protocol/corpus-account.ts';
import type { StudySummary } from '../../protocol/study.ts';
import { disclosedWords } from '../answers/disclosed-names.ts';
import type { Disclosure } from '../answers/undisclosed.ts';
import { UserError } from '../errors.ts';
import { listUnsearchedFiles } from '../store/files-table.ts';
import type { Database } from '../store/study-file.ts';
import { describeAccount } from './account-words.ts';
import { count } from './report-numbers.ts';

export type FilesFormat = 'table' | 'json' | 'csv';

/** So many names are listed: a study keeps more only where many folders were named. */
const MOST_LISTED = 100_000;

/** Their paths as they are shown. */
export async function gatherFiles(db: Database, disclosure: Disclosure): Promise<readonly UnsearchedFile[]> {
  const files = listUnsearchedFiles(db, MOST_LISTED);
  const paths = await disclosedWords(
    files.map(({ path }) => rawText(path)),
    disclosure,
  );
  return files.map((file, i) => ({ ...file, path: foreign(paths[i]!) }));
}

export function* reportFiles(
  files: readonly UnsearchedFile[],
  summary: StudySummary,
  format: FilesFormat,
): Generator<string> {
  const { account } = summary;
  if (!account) {
    throw new UserError(`${summary.id} does not say what became of its files`, {
      action:
        'An earlier version searched them, or another program. Scan the corpus again, into another study file.',
    });
  }
  const unnamed = account.nPassedOver + account.nProblems - files.length;
  switch (format) {
    case 'json':
      yield forJson({ account, columnsRead: summary.columnsRead, files, unnamed });
      return;
    case 'csv':
      yield 'state,reason,path';
      for (const { state, reason, path } of files) yield [state, reason, path].map(forCsv).join(',');
      return;
    case 'table':
      yield describeAccount(account);
      for (const { state, reason, path } of files) {
        yield `${state.padEnd(11)}  ${forTerminal(reason).padEnd(11)}  ${forTerminal(path)}`;
      }
      if (unnamed > 0) yield `… and ${count(unnamed)} more, whose names are not kept`;
  }
}

// Studies that are opened to be compared.

import { basename } from 'node:path';
import type { StudyToCompare } from '../answers/compare-studies.ts';
import { UserError } from '../errors.ts';
import { isDone } from '../store/stages-table.ts';
import { openForReading } from '../store/study-file.ts';
import { readStudy } from '../store/study-table.ts';

/**
 * `names` are what the studies are called; left out: their files' names, where these differ, or else their paths. What is
 * opened is closed with `open`, also what came before a study that is refused.
 */
export function openToCompare(
  files: readonly string[],
  open: DisposableStack,
  names: readonly string[] = namesOf(files),
): readonly StudyToCompare[] {
  return files.map((file, i) => {
    const db = open.use(openForReading(file));
    const study = readStudy(db);
    if (!study?.analysed || !isDone(db, 'measure')) {
      throw new UserError(`${file} has not been analysed to its end`, {
        action: 'Run the study again: it goes on where it stopped.',
      });
    }
    return { name: names[i]!, db, plan: study.plan };
  });
}

function namesOf(files: readonly string[]): readonly string[] {
  const names = files.map((file) => basename(file).replace(/\.sqlite$/, ''));
  return new Set(names).size === names.length ? names : files;
}

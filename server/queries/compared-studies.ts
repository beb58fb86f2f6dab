// Studies that are opened to be compared.

import { basename } from 'node:path';
import type { MapToCompare } from '../answers/compare-maps.ts';
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

/** Two extraction maps; undefined where none of the files is one. Throws a `UserError` for maps among other studies. */
export function openMapsToCompare(
  files: readonly string[],
  open: DisposableStack,
): readonly [MapToCompare, MapToCompare] | undefined {
  const names = namesOf(files);
  const maps = files.flatMap((file, i) => {
    const db = open.use(openForReading(file));
    const plan = readStudy(db)?.plan;
    return plan?.source.kind === 'map' ? [{ name: names[i]!, db, plan }] : [];
  });
  if (maps.length === 0) return undefined;
  const [first, second, ...others] = maps;
  if (first !== undefined && second !== undefined && others.length === 0 && files.length === 2)
    return [first, second];
  throw new UserError('Extraction maps are compared two at a time, and with no other study', {
    action: 'Name two maps.',
  });
}

function namesOf(files: readonly string[]): readonly string[] {
  const names = files.map((file) => basename(file).replace(/\.sqlite$/, ''));
  return new Set(names).size === names.length ? names : files;
}

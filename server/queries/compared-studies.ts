// Studies that are opened to be compared, and the comparison as the editor shows it.

import { basename } from 'node:path';
import { foreign } from '../../guard/text/foreign.ts';
import type { ComparedRate, MapsCompared } from '../../protocol/map-dashboard.ts';
import type { Measured } from '../../protocol/measured.ts';
import { namesModel, type StudyId } from '../../protocol/study.ts';
import type { StudiesCompared } from '../../protocol/study-comparison.ts';
import type { Estimate } from '../analysis/intervals.ts';
import { compareStudies, type StudyToCompare } from '../answers/compare-studies.ts';
import { compareMaps, type MapToCompare } from '../answers/maps/compare-maps.ts';
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

/**
 * Extraction maps; undefined where none of the files is one. Throws a `UserError` for maps among other
 * studies.
 */
export function openMapsToCompare(
  files: readonly string[],
  open: DisposableStack,
  names: readonly string[] = namesOf(files),
): readonly MapToCompare[] | undefined {
  const maps = files.flatMap((file, i) => {
    const db = open.use(openForReading(file));
    const plan = readStudy(db)?.plan;
    return plan?.source.kind === 'map' ? [{ name: names[i]!, db, plan }] : [];
  });
  if (maps.length === 0) return undefined;
  if (maps.length === files.length) return maps;
  throw new UserError('Extraction maps are compared with each other, and with no other study', {
    action: 'Name maps alone.',
  });
}

function namesOf(files: readonly string[]): readonly string[] {
  const names = files.map((file) => basename(file).replace(/\.sqlite$/, ''));
  return new Set(names).size === names.length ? names : files;
}

const measured = ({ value, low, high }: Estimate): Measured => ({ value, low, high });

/** Throws a `UserError` for studies that are no maps. */
export function compareMapFiles(files: readonly [StudyId, StudyId]): MapsCompared {
  using open = new DisposableStack();
  const maps = openMapsToCompare(files, open);
  if (maps === undefined) throw new UserError(`${files.join(' and ')} are no extraction maps`);
  const [first, second] = maps as readonly [MapToCompare, MapToCompare];
  const compared = compareMaps(first, second);
  const rate = ({ first: a, second: b, difference }: ComparedRate): ComparedRate => ({
    first: measured(a),
    second: measured(b),
    difference: measured(difference),
  });
  return {
    ...compared,
    names: [foreign(first.name), foreign(second.name)],
    meanDifference: measured(compared.meanDifference),
    greedy: rate(compared.greedy),
    extractable: rate(compared.extractable),
    warnings: compared.warnings.map((warning) => foreign(warning)),
  };
}

export function compareStudyFiles(files: readonly StudyId[]): StudiesCompared {
  using open = new DisposableStack();
  const opened = openToCompare(files, open);
  const { studies, shared, pairs, warnings } = compareStudies(opened);
  const numberOf = (name: string) => opened.findIndex((study) => study.name === name);
  return {
    studies: studies.map(({ name, plan: { source }, measures: m }, i) => ({
      study: files[i]!,
      name: foreign(name),
      model: foreign(basename(namesModel(source) ?? (source.kind === 'samples' ? source.samples : ''))),
      nSamples: m.samples.total,
      samples: measured(m.samples.share),
      lines: measured(m.lines.share),
      tokens: m.tokens && measured(m.tokens.share),
      fragments: measured(m.fragments.count),
    })),
    shared: shared.map(({ studies: names, fragments }) => ({
      studies: names.map(numberOf),
      nFragments: fragments,
    })),
    pairs: pairs.map(({ a, b, samples, lines, tokens }) => ({
      first: numberOf(a),
      second: numberOf(b),
      samples: measured(samples),
      pValue: samples.adjustedPValue,
      lines: measured(lines),
      tokens: tokens && measured(tokens),
    })),
    warnings: warnings.map((warning) => foreign(warning)),
  };
}

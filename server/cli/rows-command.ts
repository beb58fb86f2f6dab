// `verbatim rows STUDY`: the training rows that hold a fragment, or a region of an extraction map, as JSON lines.

import { resolve } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { type Category, categories } from '../../protocol/views.ts';
import { disclosedNames } from '../answers/disclosed-names.ts';
import {
  countUnlistedPlaces,
  listExposedRows,
  listTrainingRows,
  rowLines,
} from '../answers/training-rows.ts';
import { chooseFragments, chooseRegions } from '../queries/choose-fragments.ts';
import { openForReading } from '../store/study-file.ts';
import { readStudy } from '../store/study-table.ts';
import { tell } from './tell.ts';
import { writeLines } from './write-lines.ts';

interface Options {
  readonly fragment?: readonly string[];
  readonly kind?: readonly Category[];
  readonly sensitive?: boolean;
  readonly showSensitive?: boolean;
}

export function rowsCommand(): Command {
  return new Command('rows')
    .description(
      'List the training rows that hold a fragment, or a region of a map, as JSON lines, to remove or unlearn them.',
    )
    .argument('<study>', 'study file (.sqlite)')
    .option('--fragment <fingerprint...>', 'only rows that hold one of these')
    .addOption(
      new Option('--kind <name...>', 'only rows with a fragment, or a region, of this kind')
        .choices(categories)
        .argParser(parseKinds),
    )
    .option('--sensitive', 'only rows with a fragment, or a region, that holds secret or personal content')
    .option('--show-sensitive', 'show secrets and addresses in names instead of masking them')
    .action(async (study: string, { fragment, kind, sensitive, showSensitive }: Options) => {
      using db = openForReading(resolve(study));
      const showPlace = await disclosedNames(db, showSensitive ? 'shown' : 'masked');
      if (readStudy(db)?.plan.source.kind === 'map') {
        const chosen = await chooseRegions(db, {
          fingerprints: fragment,
          kinds: kind,
          isSensitive: sensitive,
        });
        return await writeLines(rowLines(listExposedRows(db, chosen), showPlace));
      }
      const choice = { fingerprints: fragment, kinds: kind, isSensitive: sensitive };
      const chosen = await chooseFragments(db, choice);
      await writeLines(rowLines(listTrainingRows(db, chosen), showPlace));
      const nUnlisted = chosen ? countUnlistedPlaces(db, chosen) : 0;
      if (nUnlisted > 0) {
        tell(
          `${nUnlisted} occurrences of these fragments lie beyond the places that the study keeps: more rows may hold them`,
        );
      }
    });
}

/** A licence is spelled in either way. */
function parseKinds(name: string, before: readonly Category[] | undefined): readonly Category[] {
  const kind = (name === 'licence' ? 'license' : name) as Category;
  if (!categories.includes(kind)) {
    throw new InvalidArgumentError(`Allowed choices are ${categories.join(', ')}.`);
  }
  return [...(before ?? []), kind];
}

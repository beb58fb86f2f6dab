// `verbatim export` and `verbatim import`: studies in the layout of other tools.

import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { UserError } from '../errors.ts';
import { lockOrRefuse } from '../file-lock.ts';
import { exportLayouts, type LayoutName, layoutNames } from '../formats/export-layouts.ts';
import type { ImportedStudy } from '../formats/published/import-study.ts';
import { counted } from '../formats/report-numbers.ts';
import { keepYoungGenerationSmall } from '../spare-memory.ts';
import { openForReading } from '../store/study-file.ts';
import { ImportAhead } from '../study/import-ahead.ts';
import { keepImportedStudy } from '../study/keep-imported-study.ts';
import { RequiredOption } from './required-option.ts';
import { tell } from './tell.ts';

const layoutOption = () =>
  new Option('--layout <name>', layoutNames.map((name) => exportLayouts[name].doc).join(', '))
    .choices(layoutNames)
    .default('published');

interface LayoutOption {
  readonly layout: LayoutName;
}

export function exportCommand(): Command {
  return new Command('export')
    .description(
      'Write a study as the files of another tool. Reports (HTML, CSV, JSON …) come from `verbatim report`.',
    )
    .argument('<study>', 'study file (.sqlite)')
    .addOption(layoutOption())
    .addOption(new RequiredOption('--to <dir>', 'folder to write into'))
    .option('--show-sensitive', 'write secrets and addresses instead of masking them')
    .addOption(new Option('--format <name>').hideHelp().argParser(refuseFormat))
    .action(async (study: string, options: LayoutOption & { to: string; showSensitive?: boolean }) => {
      using db = openForReading(resolve(study));
      const disclosure = options.showSensitive ? 'shown' : 'masked';
      tell(...(await exportLayouts[options.layout].write(db, resolve(options.to), disclosure)));
    });
}

/** What people try here who look for a report. */
function refuseFormat(name: string): never {
  throw new InvalidArgumentError(`For a report in that form: verbatim report <study> --format ${name}`);
}

export function importCommand(): Command {
  return new Command('import')
    .description('Make a study of the files of another tool.')
    .argument('<dir>', 'folder that holds extract/ and log/')
    .addOption(layoutOption())
    .addOption(new RequiredOption('--out <file>', 'study file (.sqlite) to make'))
    .option('--run <name>', 'which run, where the folder holds several')
    .action(async (dir: string, options: LayoutOption & { out: string; run?: string }) => {
      const file = resolve(options.out);
      refuseExisting(file);
      keepYoungGenerationSmall();
      await using ahead = new ImportAhead();
      const imported = await exportLayouts[options.layout].read(dir, options.run, ahead);
      await keepAsNewStudy(file, imported, ahead);
      tell(
        `${counted(imported.samples.length, 'sample')} and ${counted(imported.nFragments, 'fragment')} in ${file}`,
      );
      if (imported.nLostPlaces > 0) {
        tell(`${imported.nLostPlaces} places in the logs lie in no sample and were left out`);
        process.exitCode = 3;
      }
    });
}

/** Under the study's lock from before its first byte: nobody else makes a study there meanwhile. */
async function keepAsNewStudy(file: string, imported: ImportedStudy, ahead: ImportAhead): Promise<void> {
  using _ = lockOrRefuse(file);
  refuseExisting(file);
  await keepImportedStudy(file, imported, ahead);
}

function refuseExisting(file: string): void {
  if (!existsSync(file)) return;
  throw new UserError(`${file} is there already`, { action: 'Choose another --out, or delete it.' });
}

// `verbatim index …`: the index of a corpus, from building it to asking it.

import { resolve } from 'node:path';
import { Command } from 'commander';
import type { MatchRule } from '../../protocol/study.ts';
import { addClusterOptions } from './cluster-options.ts';
import { addReadingOptions } from './corpus-options.ts';
import type { RepairOptions } from './index-build.ts';
import type { BuildOptions, CheckOptions } from './index-requests.ts';
import { RequiredOption } from './required-option.ts';
import { addSettingOptions } from './setting-options.ts';
import { fromOneOrAuto } from './whole-number.ts';

export function indexCommand(): Command {
  return new Command('index')
    .description('Index a corpus, and look texts up in it: what of them stands there, and where.')
    .addCommand(buildCommand())
    .addCommand(addCommand())
    .addCommand(removeCommand())
    .addCommand(infoCommand())
    .addCommand(checkCommand())
    .addCommand(mergeCommand())
    .addCommand(repairCommand());
}

const corpusMeaning =
  'training data on this machine: shard files, text files, or folders of them or of source files';
const folderMeaning = 'folder of the index';
const movedMeaning = 'folder that the corpus was moved to, where the index looks for it from then on';

const addReading = (command: Command): Command =>
  addReadingOptions(command)
    .optionsGroup('Running:')
    .option('--workers <n>', 'threads that read, or auto', fromOneOrAuto, 'auto');

function buildCommand(): Command {
  const command = new Command('build')
    .description('Build an index, or go on with one: shards that it holds unchanged are not read again.')
    .addOption(new RequiredOption('--corpus <path...>', corpusMeaning))
    .addOption(new RequiredOption('--to <dir>', folderMeaning));
  addReading(addSettingOptions(command.optionsGroup('What counts as memorised:'), 'rule'));
  return addClusterOptions(command).action(async (options: BuildOptions) => {
    const { runBuild } = await import('./index-build.ts');
    const { minLines, profile } = options as MatchRule;
    await runBuild(resolve(options.to), options, { minLines, profile });
  });
}

function addCommand(): Command {
  const command = new Command('add')
    .description('Add shards to an index; those that changed are read again.')
    .argument('<dir>', folderMeaning)
    .addOption(new RequiredOption('--corpus <path...>', corpusMeaning))
    .option('--root <dir>', movedMeaning);
  return addClusterOptions(addReading(command)).action(async (folder: string, options: BuildOptions) => {
    const { runBuild } = await import('./index-build.ts');
    await runBuild(resolve(folder), options, undefined);
  });
}

function removeCommand(): Command {
  return new Command('remove')
    .description('Remove shards from an index; `index merge` then gives their room back.')
    .argument('<dir>', folderMeaning)
    .addOption(new RequiredOption('--shard <name...>', 'shards, as `index info` names them'))
    .action(async (folder: string, { shard }: { readonly shard: readonly string[] }) => {
      const { runRemove } = await import('./index-build.ts');
      runRemove(resolve(folder), shard);
    });
}

function infoCommand(): Command {
  return new Command('info')
    .description('Tell what an index holds, and whether its corpus is still what it was.')
    .argument('<dir>', folderMeaning)
    .option('--root <dir>', 'folder that the corpus was moved to')
    .option('--json', 'as JSON')
    .action(async (folder: string, options: { readonly root?: string; readonly json?: boolean }) => {
      const { tellInfo } = await import('./index-info.ts');
      await tellInfo(resolve(folder), options);
    });
}

function checkCommand(): Command {
  return new Command('check')
    .description('Look a text up: which of its lines stand in the corpus, and where.')
    .argument('<dir>', folderMeaning)
    .argument('<file>', 'text file, or - for standard input')
    .option('--root <dir>', 'folder that the corpus was moved to')
    .option('--json', 'as JSON')
    .action(async (folder: string, file: string, options: CheckOptions) => {
      const { runCheck } = await import('./index-check.ts');
      await runCheck(resolve(folder), file, options);
    });
}

function mergeCommand(): Command {
  return new Command('merge')
    .description('Make one segment of several, without shards that were removed: faster to look up.')
    .argument('<dir>', folderMeaning)
    .action(async (folder: string) => {
      const { runMerge } = await import('./index-build.ts');
      await runMerge(resolve(folder));
    });
}

function repairCommand(): Command {
  return new Command('repair')
    .description('Read the whole index, and the shards of damaged segments again.')
    .argument('<dir>', folderMeaning)
    .option('--root <dir>', movedMeaning)
    .option('--workers <n>', 'threads that read, or auto', fromOneOrAuto, 'auto')
    .action(async (folder: string, options: RepairOptions) => {
      const { runRepair } = await import('./index-build.ts');
      await runRepair(resolve(folder), options);
    });
}

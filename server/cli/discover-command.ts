// `verbatim discover`: which windows of training data a model would go on with, by reading them once.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Command, Option } from 'commander';
import type { Execution, Provider, StudyPlan } from '../../protocol/study.ts';
import type { SweepPoint } from '../plan/plan-file.ts';
import { addClusterOptions, type ClusterOptions, clusterOf } from './cluster-options.ts';
import {
  addContentsOption,
  addFetchOptions,
  addReadingOptions,
  type CorpusOptions,
  columnsOf,
  contentsOf,
  corpusHelp,
  corpusLocations,
  fetchOf,
  modelHelp,
  modelLocation,
} from './corpus-options.ts';
import type { ExpectedFigure } from './expected-figures.ts';
import type { Condition } from './fail-on-condition.ts';
import { CONDITION_MET, failOnOption } from './fail-on-option.ts';
import { providerOption } from './provider-option.ts';
import { RequiredOption } from './required-option.ts';
import type { NamedFile } from './run-map.ts';
import { addSettingOptions, type SettingOptions, settingsOf } from './setting-options.ts';
import { fromOneOrAuto, wholeNumber } from './whole-number.ts';

interface Options extends ClusterOptions, CorpusOptions, SettingOptions {
  readonly model?: string;
  readonly corpus?: readonly string[];
  readonly control?: readonly string[];
  readonly out?: string;
  readonly plan?: string;
  readonly json?: boolean;
  readonly provider: Provider | 'auto';
  readonly batch: number | 'auto';
  readonly workers: number | 'auto';
  readonly top: number;
  readonly failOn?: readonly Condition[];
  readonly expect?: string;
  readonly estimate?: boolean;
}

export function discoverCommand(): Command {
  const command = new Command('discover')
    .description(
      'Map what could be drawn out of a model: how likely it continues each piece of its training data.',
    )
    .addOption(new RequiredOption('--model <dir|name>', modelHelp, 'plan'))
    .addOption(new RequiredOption('--corpus <path|name...>', corpusHelp, 'plan'))
    .option('--control <path|name...>', 'code that the model cannot have seen, to compare with');
  addDrawingOptions(addSettingOptions(command.optionsGroup('Windows, and what is kept:'), 'map'));
  addContentsOption(addReadingOptions(command));
  const planned = command.options.map((option) => option.attributeName());
  command
    .addOption(
      new Option(
        '--plan <file>',
        'all of that in a JSON file; lists of values make a map of every combination',
      )
        .conflicts(planned)
        .helpGroup('Options:'),
    )
    .addOption(
      new RequiredOption(
        '--out <file>',
        'study file (.sqlite); an unfinished one is gone on with',
        'json',
        'estimate',
      ).helpGroup('Options:'),
    )
    .addOption(
      new Option('--json', 'a JSON line a window to standard output, shard by shard').helpGroup('Options:'),
    );
  addFetchOptions(command.optionsGroup('Running:'))
    .addOption(providerOption('where the model runs'))
    .option('--batch <n>', 'rows read at once, or auto', fromOneOrAuto, 'auto')
    .option('--workers <n>', 'threads that read, or auto', fromOneOrAuto, 'auto')
    .option('--top <n>', 'documents in the report', wholeNumber, 10)
    .addOption(failOnOption())
    .option('--estimate', 'only tell how long it would take, by rates that are measured here')
    .option(
      '--expect <file>',
      `figures to compare with, in JSON: exit with ${CONDITION_MET} where one is missed`,
    );
  return addClusterOptions(command).action(discover);
}

/** The rule of drawing is sampling's. */
function addDrawingOptions(command: Command): Command {
  const sampling = addSettingOptions(new Command(), 'sampling');
  for (const option of sampling.options) {
    if (DRAWING.includes(option.attributeName())) command.addOption(option);
  }
  return command;
}

const DRAWING: readonly string[] = ['topK', 'temperature'];

async function discover(options: Options): Promise<void> {
  using held = new DisposableStack();
  const { runMap, sweepMaps } = await import('./run-map.ts');
  const expected = options.expect === undefined ? [] : await readExpectations(options.expect);
  const { json = false, top, failOn = [] } = options;
  const execution = executionOf(options);
  const file = options.out === undefined ? temporaryFile(held) : resolve(options.out);
  const points = await pointsOf(options);
  if (options.estimate) {
    const { printEstimates } = await import('./print-estimate.ts');
    return printEstimates(points, execution);
  }
  if (json && points.length > 1) {
    const { UserError } = await import('../errors.ts');
    throw new UserError(`--json streams the windows of one map, and ${options.plan} makes ${points.length}`, {
      action: 'Leave --json out: each map is in a file of its own.',
    });
  }
  if (json) await runMap({ file, plan: points[0]!.plan, execution, top, json, failOn });
  else await judge(expected, await sweepMaps(points, { file, execution, top, failOn }));
}

async function readExpectations(file: string) {
  const { readExpected } = await import('./expected-figures.ts');
  return readExpected(resolve(file));
}

async function judge(expected: readonly ExpectedFigure[], files: readonly NamedFile[]): Promise<void> {
  if (expected.length === 0) return;
  const { judgeExpected } = await import('./expected-figures.ts');
  await judgeExpected(expected, files);
}

/** For windows that are only streamed. */
function temporaryFile(held: DisposableStack): string {
  const folder = mkdtempSync(join(tmpdir(), 'verbatim-map-'));
  held.defer(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'map.sqlite');
}

async function pointsOf(options: Options): Promise<readonly SweepPoint[]> {
  if (options.plan === undefined) return [{ name: '', plan: await planOf(options) }];
  const { readSweep } = await import('../plan/plan-file.ts');
  const { UserError } = await import('../errors.ts');
  const points = await readSweep(resolve(options.plan), () => Promise.resolve([]));
  if (points.every(({ plan }) => plan.source.kind === 'map')) return points;
  throw new UserError(`${options.plan} is a plan of samples, and no extraction map`, {
    action: 'Run it with verbatim study, or make the kind of its "source" "map".',
  });
}

async function planOf(options: Options): Promise<StudyPlan> {
  const { checkPlan } = await import('../plan/stored-plan.ts');
  const drawing = settingsOf(options, ['sampling']);
  return checkPlan({
    source: { kind: 'map', model: modelLocation(options.model!) },
    corpus: corpusLocations(options.corpus!),
    ...(options.control ? { control: corpusLocations(options.control) } : {}),
    ...columnsOf(options),
    ...contentsOf(options),
    ...settingsOf(options, ['corpus', 'map']),
    ...Object.fromEntries(Object.entries(drawing).filter(([key]) => DRAWING.includes(key))),
  });
}

const executionOf = (options: Options): Execution => {
  const { provider, batch, workers } = options;
  return { provider, batch, workers, ...fetchOf(options), ...clusterOf(options) };
};

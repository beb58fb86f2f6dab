// `verbatim study`, `sample` and `scan`: the same run with another beginning or end.

import { resolve } from 'node:path';
import { Command, Option } from 'commander';
import type { Execution, PromptText, Provider, StudyPlan } from '../../protocol/study.ts';
import { apiKeyOption } from './api-key-option.ts';
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
  drawnModelHelp,
  drawnModelLocation,
  fetchOf,
  modelHelp,
  samplesHelp,
} from './corpus-options.ts';
import type { Condition } from './fail-on-condition.ts';
import { failOnOption } from './fail-on-option.ts';
import { providerOption } from './provider-option.ts';
import { RequiredOption } from './required-option.ts';
import { addSettingOptions, type SettingOptions, settingsOf } from './setting-options.ts';
import { fromOneOrAuto, wholeNumber } from './whole-number.ts';

interface Options extends ClusterOptions, CorpusOptions, SettingOptions {
  readonly model?: string;
  /** The place of the samples for `scan`, their number for the other commands. */
  readonly samples: string | number;
  readonly corpus: readonly string[];
  readonly out: string;
  readonly prompts?: string;
  readonly provider: Provider | 'auto';
  readonly batch: number | 'auto';
  readonly workers: number | 'auto';
  readonly top: number;
  readonly json?: boolean;
  readonly plan?: string;
  readonly failOn?: readonly Condition[];
  readonly index?: string;
  readonly apiKeyFile?: string;
  readonly discover?: boolean;
  readonly control?: readonly string[];
}

export function studyCommand(): Command {
  const command = new Command('study')
    .description('Sample a model, find what it repeats of its training data, and report.')
    .addOption(new RequiredOption('--model <dir|name>', drawnModelHelp, 'plan'))
    .addOption(new RequiredOption('--corpus <path|name...>', corpusHelp, 'plan'));
  addContentsOption(
    addReadingOptions(addRuleOptions(addSamplingOptions(command.addOption(controlOption())))),
  );
  addPlanOption(
    command,
    'model, corpus and sampling in a JSON file; lists of values make a study of every combination',
  );
  addOutOption(command);
  command.addHelpText(
    'after',
    examples(['study --model checkpoint --corpus corpus --samples 1000', 'study --plan plan.json']),
  );
  return addRunOptions(command)
    .addOption(apiKeyOption())
    .addOption(indexOption())
    .option('--discover', 'also map what could be drawn out, as discover does, into a file beside --out')
    .addOption(failOnOption())
    .action(async (options: Options) => {
      if (options.plan !== undefined) {
        const { sweepAndReport } = await import('./sweep-and-report.ts');
        return sweepAndReport(resolve(options.plan), resolve(options.out), executionOf(options), {
          ...options,
          ...indexOf(options),
        });
      }
      return runToReport(options);
    });
}

export function sampleCommand(): Command {
  const command = new Command('sample')
    .description('Only sample a model, into a study file that `study` goes on with.')
    .addOption(new RequiredOption('--model <dir|name>', drawnModelHelp, 'plan'))
    .option('--corpus <path|name...>', 'training data that `study` will look in', []);
  addContentsOption(addReadingOptions(addRuleOptions(addSamplingOptions(command))));
  addPlanOption(command, 'model and sampling in a JSON file');
  addOutOption(command).option('--json', 'also write each sample to standard output as a JSON line');
  return addRunOptions(command)
    .addOption(apiKeyOption())
    .action(async (options: Options) => {
      const { runAndReport } = await import('./run-and-report.ts');
      await runAndReport({
        file: resolve(options.out),
        plan: options.plan === undefined ? await planOf(options) : await planToSample(resolve(options.plan)),
        execution: executionOf(options),
        upTo: 'sample',
        top: 0,
        json: options.json ?? false,
      });
    });
}

export function scanCommand(): Command {
  const command = new Command('scan')
    .description('Look for samples that were made elsewhere in training data, and report.')
    .addOption(new RequiredOption('--samples <path>', samplesHelp))
    .addOption(new RequiredOption('--corpus <path|name...>', corpusHelp))
    .addOption(controlOption());
  addOutOption(command).option('--model <dir|name>', `for samples given as token ids: ${modelHelp}`);
  command.addHelpText(
    'after',
    examples([
      'scan --samples outputs.jsonl --corpus corpus',
      'scan --samples paused.sqlite --corpus corpus',
    ]),
  );
  return addRunOptions(addContentsOption(addReadingOptions(addRuleOptions(command))))
    .addOption(indexOption())
    .addOption(failOnOption())
    .action(runToReport);
}

/** `study` and `scan` differ only in where their samples come from. */
async function runToReport(options: Options): Promise<void> {
  const { runAndReport } = await import('./run-and-report.ts');
  const [file, plan] = [resolve(options.out), await planOf(options)];
  const { failOn = [], top, discover = false } = options;
  const execution = executionOf(options);
  await runAndReport({ file, plan, execution, upTo: 'analyse', top, discover, failOn, ...indexOf(options) });
}

const controlOption = () =>
  new Option('--control <path|name...>', 'code that the model cannot have seen, to compare with');

function addOutOption(command: Command): Command {
  const meaning = 'study file (.sqlite); an unfinished one is gone on with';
  return command.addOption(new RequiredOption('--out <file>', meaning).helpGroup('Options:'));
}

/** A plan says all of that itself, so none of the options that `command` has by now may stand beside it. */
function addPlanOption(command: Command, meaning: string): void {
  const planned = command.options.map((option) => option.attributeName());
  command.addOption(new Option('--plan <file>', meaning).conflicts(planned).helpGroup('Options:'));
}

const addRuleOptions = (command: Command): Command =>
  addSettingOptions(command.optionsGroup('What counts as memorised:'), 'rule');

const addSamplingOptions = (command: Command): Command =>
  addSettingOptions(
    addSettingOptions(command.optionsGroup('Sampling:'), 'sampling')
      .option('--prompts <path>', promptsHelp)
      .optionsGroup('Served models:'),
    'source',
  );

/** Options that say how a run is done: none of them changes what a study is. */
function addRunOptions(command: Command): Command {
  addFetchOptions(command.optionsGroup('Running:'))
    .addOption(providerOption('where the model runs'))
    .option(
      '--batch <n>',
      'outputs sampled at once, of a served model requests, or auto',
      fromOneOrAuto,
      'auto',
    )
    .option('--workers <n>', 'threads that scan, or auto', fromOneOrAuto, 'auto')
    .option('--top <n>', 'fragments in the report', wholeNumber, 10);
  return addClusterOptions(command);
}

async function planOf(options: Options): Promise<StudyPlan> {
  const { model, samples } = options;
  const isScan = typeof samples === 'string';
  const { checkPlan } = await import('../plan/stored-plan.ts');
  return checkPlan({
    source: {
      ...(model === undefined ? {} : { model: drawnModelLocation(model) }),
      ...(isScan ? { samples: resolve(samples) } : {}),
    },
    corpus: corpusLocations(options.corpus),
    ...(options.control ? { control: corpusLocations(options.control) } : {}),
    ...columnsOf(options),
    ...contentsOf(options),
    ...settingsOf(options, isScan ? ['corpus', 'rule'] : ['source', 'corpus', 'sampling', 'rule']),
    ...(options.prompts ? { sampling: { prompts: await promptsOf(resolve(options.prompts)) } } : {}),
  });
}

async function planToSample(file: string): Promise<StudyPlan> {
  const { readPlanToSample } = await import('../plan/plan-file.ts');
  return readPlanToSample(file, promptsOf);
}

/** Loaded when needed: reading a corpus or a study for prompts takes most of the product. */
async function promptsOf(path: string): Promise<readonly PromptText[]> {
  const { readPrompts } = await import('../study/user-files.ts');
  return readPrompts(path);
}

const promptsHelp =
  'prompts for pcg and tsg: JSON lines, with tokens for ids, with prefix and suffix for gaps to fill; text, a prompt a line; extract_prompt.json; a study (.sqlite), whose ' +
  'fragments they become; or source files or shards, cut behind the head of their first function';

const indexOption = () =>
  new Option(
    '--index <dir>',
    'index of the training data, which is asked before shards are scanned',
  ).helpGroup('Running:');

const indexOf = ({ index }: Options) => (index === undefined ? {} : { index: resolve(index) });

const executionOf = (options: Options): Execution => {
  const { provider, batch, workers, apiKeyFile } = options;
  const key = apiKeyFile === undefined ? {} : { apiKeyFile: resolve(apiKeyFile) };
  return { provider, batch, workers, ...fetchOf(options), ...clusterOf(options), ...key };
};

const examples = (lines: readonly string[]) =>
  ['', 'For example:', ...lines.map((line) => `  verbatim ${line} --out study.sqlite`)].join('\n');

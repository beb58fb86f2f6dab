// `verbatim study`, `sample` and `scan`: the same run with another beginning or end.

import { resolve } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import {
  type Execution,
  PLAN_VERSION,
  type Profile,
  type Provider,
  type Strategy,
  type StudyPlan,
} from '../../protocol/study.ts';
import { defaultRule, defaultSampling } from '../plan/plan.ts';
import {
  addColumnOptions,
  addFetchOptions,
  type CorpusOptions,
  columnsOf,
  corpusHelp,
  corpusLocation,
  fetchOf,
  modelHelp,
  modelLocation,
  samplesHelp,
} from './corpus-options.ts';
import type { Condition } from './fail-on-condition.ts';
import { failOnOption } from './fail-on-option.ts';
import { providerOption } from './provider-option.ts';
import { RequiredOption } from './required-option.ts';
import { wholeNumber } from './whole-number.ts';

interface Options extends CorpusOptions {
  readonly model?: string;
  /** For `scan` where the samples are, for the others how many. */
  readonly samples: string | number;
  readonly corpus: readonly string[];
  readonly out: string;
  readonly maxTokens: number;
  readonly strategy: Strategy;
  readonly prompts?: string;
  readonly topK: number;
  readonly topP: number;
  readonly temperature: number;
  readonly seed: number;
  readonly minLines: number;
  readonly profile: Profile;
  readonly provider: Provider | 'auto';
  readonly batch: number | 'auto';
  readonly workers: number | 'auto';
  readonly top: number;
  readonly int8?: boolean;
  readonly json?: boolean;
  readonly plan?: string;
  readonly failOn?: readonly Condition[];
}

export function studyCommand(): Command {
  const command = new Command('study')
    .description('Sample a model, find what it repeats of its training data, and report.')
    .addOption(new RequiredOption('--model <dir|name>', modelHelp, 'plan'))
    .addOption(new RequiredOption('--corpus <path|name...>', corpusHelp, 'plan'));
  addColumnOptions(addRuleOptions(addSamplingOptions(command)));
  const planned = command.options.map((option) => option.attributeName());
  const planHelp =
    'model, corpus and sampling in a JSON file; lists of values make a study of every combination';
  command.addOption(new Option('--plan <file>', planHelp).conflicts(planned).helpGroup('Options:'));
  addOutOption(command);
  command.addHelpText(
    'after',
    examples(['study --model checkpoint --corpus corpus --samples 1000', 'study --plan plan.json']),
  );
  return addRunOptions(command)
    .addOption(failOnOption())
    .action(async (options: Options) => {
      if (options.plan !== undefined) {
        const { sweepAndReport } = await import('./sweep-and-report.ts');
        return sweepAndReport(resolve(options.plan), resolve(options.out), executionOf(options), options);
      }
      return runToReport(options);
    });
}

export function sampleCommand(): Command {
  const command = new Command('sample')
    .description('Only sample a model, into a study file that `study` goes on with.')
    .addOption(new RequiredOption('--model <dir|name>', modelHelp))
    .option('--corpus <path|name...>', 'training data that `study` will look in', []);
  addOutOption(command).option('--json', 'also write each sample to standard output as a JSON line');
  addColumnOptions(addRuleOptions(addSamplingOptions(command)));
  return addRunOptions(command).action(async (options: Options) => {
    const { runAndReport } = await import('./run-and-report.ts');
    await runAndReport({
      file: resolve(options.out),
      plan: await planOf(options),
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
    .addOption(new RequiredOption('--corpus <path|name...>', corpusHelp));
  addOutOption(command).option('--model <dir|name>', `for samples given as token ids: ${modelHelp}`);
  command.addHelpText('after', examples(['scan --samples outputs.jsonl --corpus corpus']));
  return addRunOptions(addColumnOptions(addRuleOptions(command)))
    .addOption(failOnOption())
    .action(runToReport);
}

/** `study` and `scan` differ only in where their samples come from. */
async function runToReport(options: Options): Promise<void> {
  const { runAndReport } = await import('./run-and-report.ts');
  await runAndReport({
    file: resolve(options.out),
    plan: await planOf(options),
    execution: executionOf(options),
    upTo: 'analyse',
    top: options.top,
    failOn: options.failOn ?? [],
  });
}

function addOutOption(command: Command): Command {
  const meaning = 'study file (.sqlite); an unfinished one is gone on with';
  return command.addOption(new RequiredOption('--out <file>', meaning).helpGroup('Options:'));
}

function addRuleOptions(command: Command): Command {
  return command
    .optionsGroup('What counts as memorised:')
    .option('--min-lines <n>', 'fewest equal lines in a row that count', wholeNumber, defaultRule.minLines)
    .addOption(
      new Option('--profile <name>', 'what makes two lines equal')
        .choices(['exact-1', 'text-1'])
        .default(defaultRule.profile),
    );
}

function addSamplingOptions(command: Command): Command {
  const d = defaultSampling;
  return command
    .optionsGroup('Sampling:')
    .option('--samples <n>', 'outputs to sample', wholeNumber, d.nSamples)
    .option('--max-tokens <n>', 'tokens an output has at most', wholeNumber, d.maxTokens)
    .addOption(
      new Option('--strategy <name>', 'non-prompt, temperature-decaying, prompt-conditioned or two-step')
        .choices(['npg', 'tdg', 'pcg', 'tsg'])
        .default(d.strategy),
    )
    .option('--prompts <path>', promptsHelp)
    .option('--top-k <n>', 'pick among the k most likely tokens; 0: all', wholeNumber, d.topK)
    .option(
      '--top-p <x>',
      'pick among the most likely tokens that hold this probability',
      number,
      d.topP ?? 1,
    )
    .option('--temperature <x>', 'above 1: wilder, below: tamer; 0: greedy', number, d.temperature)
    .option('--seed <n>', 'the same seed gives the same samples', wholeNumber, d.seed)
    .option(
      '--int8',
      'products in 8-bit integers: faster, and the study notes how far off its distribution is',
    );
}

/** How a run is done: none of them changes what a study is. */
function addRunOptions(command: Command): Command {
  return addFetchOptions(command.optionsGroup('Running:'))
    .addOption(providerOption('where the model runs'))
    .option('--batch <n>', 'outputs sampled at once, or auto', fromOneOrAuto, 'auto')
    .option('--workers <n>', 'threads that scan, or auto', fromOneOrAuto, 'auto')
    .option('--top <n>', 'fragments in the report', wholeNumber, 10);
}

async function planOf(options: Options): Promise<StudyPlan> {
  const { samples, strategy, maxTokens, topK, topP, temperature, seed, minLines, profile } = options;
  const prompts = options.prompts ? await promptsOf(resolve(options.prompts)) : [];
  const model = options.model === undefined ? null : modelLocation(options.model);
  return {
    version: PLAN_VERSION,
    source:
      typeof samples === 'string'
        ? { kind: 'samples', samples: resolve(samples), model }
        : { kind: 'model', model: model! },
    corpus: options.corpus.map(corpusLocation),
    ...columnsOf(options),
    sampling:
      typeof samples === 'string'
        ? defaultSampling
        : {
            ...{ strategy, nSamples: samples, maxTokens, topK, temperature, seed, prompts },
            topP: topP === 1 ? null : topP,
            int8: options.int8 ?? false,
          },
    rule: { minLines, profile },
  };
}

/** Loaded when needed: reading a corpus or a study for prompts takes most of the product. */
async function promptsOf(path: string): Promise<readonly string[]> {
  const { readPrompts } = await import('../study/read-prompts.ts');
  return readPrompts(path);
}

const promptsHelp =
  'prompts for pcg and tsg: JSON lines; text, a prompt a line; extract_prompt.json; a study (.sqlite), whose ' +
  'fragments they become; or source files or shards, cut behind the head of their first function';

const executionOf = (options: Options): Execution => {
  const { provider, batch, workers } = options;
  return { provider, batch, workers, ...fetchOf(options) };
};

function number(text: string): number {
  if (!/^\d*\.?\d+$/.test(text)) throw new InvalidArgumentError('It must be a number of at least 0.');
  return Number(text);
}

function fromOneOrAuto(text: string): number | 'auto' {
  if (text === 'auto') return text;
  if (!/^0*[1-9]\d*$/.test(text))
    throw new InvalidArgumentError('It must be auto, or a whole number from 1.');
  return Number(text);
}

const examples = (lines: readonly string[]) =>
  ['', 'For example:', ...lines.map((line) => `  verbatim ${line} --out study.sqlite`)].join('\n');

// The command line that repeats a study. Every setting that decides a result is spelled out, so that a later
// version's defaults change nothing. It calls this installation's own program, not a package of that name. The plan
// may be a stranger's: each of its values becomes one word, or there is no command.

import { join } from 'node:path';
import { asOperand, forShell } from '../../guard/text/for-shell.ts';
import type { RepeatRecipe } from '../../protocol/dashboard.ts';
import { servedSettings } from '../../protocol/served-settings.ts';
import { type ColumnNames, isDrawn, type StudyPlan } from '../../protocol/study.ts';
import { productFolder } from '../product-folder.ts';

const PROMPTS_FILE = 'prompts.jsonl';

export function repeatCommand(plan: StudyPlan, name: string): RepeatRecipe {
  const nPrompts = isDrawn(plan.source) ? plan.sampling.prompts.length : 0;
  const quoted = wordsOf(plan, name).map(forShell);
  const isSafe = quoted.every((word) => word !== undefined);
  return { command: isSafe ? quoted.join(' ') : null, nPrompts };
}

/** Words as the program is to get them, the program itself first. */
function wordsOf(plan: StudyPlan, name: string): readonly string[] {
  const { source, sampling, rule } = plan;
  const program = join(productFolder(), 'dist', 'cli.js');
  const words = ['node', program, COMMANDS[source.kind]];
  const add = (option: string, ...values: readonly (string | number)[]) =>
    words.push(option, ...values.map((value) => asOperand(String(value))));
  if (source.model !== null) add('--model', source.model);
  if (source.kind === 'served') {
    for (const { field, cliFlag } of servedSettings) add(cliFlag.split(' ')[0]!, source[field]);
  }
  if (source.kind === 'samples') add('--samples', source.samples);
  add('--corpus', ...plan.corpus);
  for (const [column, option] of columnOptions) {
    const given = plan.columns?.[column];
    if (given !== undefined) words.push(`${option}=${given}`);
  }
  if (plan.contents !== undefined) add('--contents', plan.contents);
  if (plan.ignore === false) words.push('--no-ignore');
  if (isDrawn(source)) {
    add('--strategy', sampling.strategy);
    if (sampling.prompts.length > 0) add('--prompts', PROMPTS_FILE);
    add('--samples', sampling.nSamples);
    add('--max-tokens', sampling.maxTokens);
    add('--top-k', sampling.topK);
    if (sampling.topP !== null) add('--top-p', sampling.topP);
    add('--temperature', sampling.temperature);
    add('--seed', sampling.seed);
    if (sampling.int8) words.push('--int8');
  }
  if (plan.map !== undefined) {
    const { prefix, suffix, stride, anchor, context, keep, examine, calibrate, bos, control } = plan.map;
    add('--prefix', prefix);
    add('--suffix', suffix);
    add('--stride', stride);
    add('--anchor', anchor);
    add('--context', context);
    add('--top-k', sampling.topK);
    add('--temperature', sampling.temperature);
    add('--keep', keep);
    add('--examine', examine);
    if (calibrate > 0) add('--calibrate', calibrate);
    if (bos) words.push('--bos');
    if (control.length > 0) add('--control', ...control);
  } else {
    if (plan.control !== undefined) add('--control', ...plan.control);
    add('--min-lines', rule.minLines);
    add('--profile', rule.profile);
  }
  add('--out', `${name}-again.sqlite`);
  return words;
}

const COMMANDS = { model: 'study', served: 'study', samples: 'scan', map: 'discover' } as const;

/** Only these: a plan out of a file may hold others. */
const columnOptions: readonly (readonly [keyof ColumnNames, option: string])[] = [
  ['content', '--content-column'],
  ['repository', '--repository-column'],
  ['path', '--path-column'],
  ['license', '--license-column'],
];

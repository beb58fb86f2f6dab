// The command line that repeats a study. Every setting that decides a result is spelled out, so that a later
// version's defaults change nothing. It calls this installation's own program, not a package of that name.

import { join } from 'node:path';
import type { RepeatRecipe } from '../../protocol/dashboard.ts';
import type { ColumnNames, StudyPlan } from '../../protocol/study.ts';
import { productFolder } from '../product-folder.ts';

const PROMPTS_FILE = 'prompts.jsonl';

export function repeatCommand(plan: StudyPlan, name: string): RepeatRecipe {
  const { source, sampling, rule } = plan;
  const program = join(productFolder(), 'dist', 'cli.js');
  const words = ['node', quote(program), source.kind === 'model' ? 'study' : 'scan'];
  const add = (option: string, ...values: readonly (string | number)[]) =>
    words.push(option, ...values.map((value) => quote(String(value))));
  if (source.model !== null) add('--model', source.model);
  if (source.kind === 'samples') add('--samples', source.samples);
  add('--corpus', ...plan.corpus);
  addColumns(add, plan.columns);
  if (source.kind === 'model') {
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
  add('--min-lines', rule.minLines);
  add('--profile', rule.profile);
  add('--out', `${name}-again.sqlite`);
  return { command: words.join(' '), nPrompts: source.kind === 'model' ? sampling.prompts.length : 0 };
}

function addColumns(add: (option: string, value: string) => void, columns: ColumnNames = {}): void {
  for (const [column, name] of Object.entries(columns)) add(`--${column}-column`, name as string);
}

/** For a POSIX shell. */
const quote = (word: string) =>
  /^[\w@%+=:,./#-]+$/.test(word) && !word.startsWith('#') ? word : `'${word.replaceAll("'", `'\\''`)}'`;

// Options that the user has for sbatch. They are cut into words here and handed over as a list of arguments, so no shell reads them.

import { UserError } from '../../errors.ts';

/** What Verbatim says itself: the work would not be found again under another name. */
const TAKEN =
  /^(--(array|job-name|output|error|comment|wrap|parsable|signal|test-only|wait|requeue|no-requeue|open-mode|input|chdir|dependency|parse-only|help|version|usage)(=|$)|-[aJoeWidDhVH])/;

/** Words between blanks; those in quotes are kept together. */
export function sbatchWords(text: string): readonly string[] {
  const words = splitWords(text);
  for (const [i, word] of words.entries()) {
    if (word.includes('\0') || /[\r\n]/.test(word)) throw refuse(word, 'holds a line break');
    if (TAKEN.test(word)) throw refuse(word, 'is set by Verbatim itself');
    if (word.startsWith('-')) continue;
    // Without an option before it, sbatch would take it for the script to run.
    const before = words[i - 1];
    if (before === undefined || !before.startsWith('-') || before.includes('='))
      throw refuse(word, 'is no option');
  }
  return words;
}

const refuse = (word: string, what: string): UserError =>
  new UserError(`“${word}” ${what}, and --sbatch takes options of sbatch`, {
    action: 'Write them as for sbatch, such as --sbatch "--partition=long --mem=8G".',
  });

function splitWords(text: string): readonly string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote = '';
  for (const sign of text) {
    if (quote !== '') {
      if (sign === quote) quote = '';
      else word += sign;
    } else if (sign === '"' || sign === "'") {
      quote = sign;
      word ??= '';
    } else if (/\s/.test(sign)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? '') + sign;
  }
  if (quote !== '') throw new UserError(`A quote is not closed in the options for sbatch: ${text}`);
  return word === undefined ? words : [...words, word];
}

/** Cores that a job is given by these options. */
export const coresAsked = (words: readonly string[]): number =>
  lastNumber(words, /^(?:--cpus-per-task|-c)$/, /(\d+)/) ?? 1;

/** Graphics cards that a job is given by these options: `--gres=gpu:h100:4` and its kin. */
export const cardsAsked = (words: readonly string[]): number =>
  lastNumber(words, /^--gres$/, /\bgpu(?::[^:,]+)??(?::(\d+))?(?=,|$)/) ??
  lastNumber(words, /^(?:--gpus|-G|--gpus-per-node|--gpus-per-task)$/, /^(?:[^:]+:)?(\d+)$/) ??
  0;

/** What the last option of this name says; one where it names something without a number. */
function lastNumber(words: readonly string[], option: RegExp, number: RegExp): number | undefined {
  let last: number | undefined;
  for (const [i, word] of words.entries()) {
    const [, name = word, own] = /^(--[\w-]+)=(.*)$/.exec(word) ?? /^(-[a-zA-Z])(.+)$/.exec(word) ?? [];
    if (!option.test(name)) continue;
    const found = number.exec(own ?? words[i + 1] ?? '');
    if (found !== null) last = Number(found[1] ?? 1) || 1;
  }
  return last;
}

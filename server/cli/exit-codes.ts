// What the command's exit codes mean, for its help and its reference.

import { CONDITION_MET } from './fail-on-option.ts';

export const exitCodes: readonly (readonly [code: number, meaning: string])[] = [
  [0, 'complete'],
  [1, 'failed; the message says why'],
  [2, 'bad usage: an option, a file or a plan that cannot be used'],
  [3, 'partial: some data could not be read, and the report says what'],
  [CONDITION_MET, 'complete or partial, and a condition of --fail-on or --fail-on-new is met'],
  [130, 'interrupted; the same command goes on'],
];

export const exitCodesHelp: string = [
  '',
  'Exit codes:',
  ...exitCodes.map(([code, meaning]) => `  ${String(code).padEnd(4)}${meaning}`),
].join('\n');

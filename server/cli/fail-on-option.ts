// The option `--fail-on`, for every command that ends with a report. It is apart from the measuring, so that
// printing a command's help loads no database.

import { InvalidArgumentError, Option } from 'commander';
import { type Condition, parseCondition } from './fail-on-condition.ts';

/** Exit code: the study is done, and a condition of `--fail-on` is met. It goes before 3, partial. */
export const CONDITION_MET = 4;

export const failOnOption = () =>
  new Option(
    '--fail-on <condition>',
    `exit with ${CONDITION_MET} when it holds; may be given again (see docs/ci.md)`,
  ).argParser((text: string, earlier: readonly Condition[] = []) => {
    const condition = parseCondition(text);
    if (typeof condition === 'string') throw new InvalidArgumentError(condition);
    return [...earlier, condition];
  });

// What ignore files say of the paths below the folders that they lie in.

import { type IgnorePattern, parseIgnorePattern } from './ignore-pattern.ts';

/** Later ones decide where they disagree. */
export const ignoreFiles = ['.gitignore', '.ignore', '.verbatimignore'];

/** The rules of one ignore file. */
export interface IgnoreRules {
  /** `''`, or a path with a `/` at its end. */
  readonly below: string;
  readonly isOfGit: boolean;
  /** The last one that matches decides: the others stand behind it. */
  readonly patterns: readonly IgnorePattern[];
}

export const parseIgnoreRules = (below: string, name: string, text: string): IgnoreRules => ({
  below,
  isOfGit: name === '.gitignore',
  patterns: text
    .replace(/^\uFEFF/, '')
    .split('\n')
    .flatMap((line) => parseIgnorePattern(line) ?? [])
    .reverse(),
});

/**
 * The rules that have a path ignored, which ends in a slash for a folder. The innermost file that says something about it
 * decides, as in git; what lies in a folder that is ignored is not asked for.
 */
export function ignoredBy(path: string, rules: readonly IgnoreRules[]): IgnoreRules | undefined {
  for (const rule of rules.toReversed()) {
    const below = path.slice(rule.below.length);
    const pattern = rule.patterns.find((pattern) => pattern.matches(below));
    if (pattern) return pattern.isNegated ? undefined : rule;
  }
  return undefined;
}

// What ignore files say of the paths below the folders that they lie in.

import ignore, { type Ignore } from 'ignore';

/** Later ones decide where they disagree. */
export const ignoreFiles = ['.gitignore', '.ignore', '.verbatimignore'];

/** The rules of one ignore file. */
export interface IgnoreRules {
  /** `''`, or a path with a `/` at its end. */
  readonly below: string;
  readonly isOfGit: boolean;
  readonly matcher: Ignore;
}

export const parseIgnoreRules = (below: string, name: string, text: string): IgnoreRules => ({
  below,
  isOfGit: name === '.gitignore',
  matcher: ignore({ ignorecase: false }).add(text),
});

/** The rules that have a path ignored. The innermost file that says something about it decides, as in git. */
export function ignoredBy(path: string, rules: readonly IgnoreRules[]): IgnoreRules | undefined {
  for (const rule of rules.toReversed()) {
    const { ignored, unignored } = rule.matcher.test(path.slice(rule.below.length));
    if (ignored || unignored) return ignored ? rule : undefined;
  }
  return undefined;
}

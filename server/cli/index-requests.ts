// What the commands of an index are given.

import type { MatchRule } from '../../protocol/study.ts';
import type { CorpusOptions } from './corpus-options.ts';

export interface BuildOptions extends CorpusOptions, Partial<MatchRule> {
  readonly corpus: readonly string[];
  readonly to: string;
  readonly workers: number | 'auto';
}

export interface CheckOptions {
  readonly root?: string;
  readonly json?: boolean;
}

// What the commands of an index are given.

import type { MatchRule } from '../../protocol/study.ts';
import type { AiLines } from '../review/choose-lines.ts';
import type { ClusterOptions } from './cluster-options.ts';
import type { CorpusOptions } from './corpus-options.ts';
import type { Condition } from './fail-on-condition.ts';

export interface BuildOptions extends ClusterOptions, CorpusOptions, Partial<MatchRule> {
  readonly corpus: readonly string[];
  readonly to: string;
  /** Given to `index add` alone. */
  readonly root?: string;
  readonly workers: number | 'auto';
}

export interface CheckOptions {
  readonly root?: string;
  readonly json?: boolean;
}

export interface CheckRequest {
  readonly index?: string;
  readonly root?: string;
  readonly changedSince?: string;
  readonly aiLines?: AiLines;
  readonly agentTrace?: string;
  readonly format: 'table' | 'json' | 'sarif';
  readonly baseline?: string;
  readonly failOn?: readonly Condition[];
}

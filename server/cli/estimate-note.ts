// What a study takes, said before it begins where that is long: whoever names no size gets the published study's.

import { existsSync } from 'node:fs';
import type { StudyPlan } from '../../protocol/study.ts';
import { count, counted } from '../formats/report-numbers.ts';
import { estimateStudy } from '../study/estimate-study.ts';
import { timeText } from './terminal-progress.ts';

const LONG_SECONDS = 600;

/** Undefined where a study goes on, or is done in minutes, or nothing is known of how long it takes. */
export function estimateNote(file: string, plan: StudyPlan | null): string | undefined {
  if (plan === null || plan.source.kind !== 'model' || existsSync(file)) return;
  const { nSamples, maxTokens } = plan.sampling;
  const { nCores, sizes } = estimateStudy(plan, [nSamples], []);
  const seconds = sizes[0]?.seconds ?? 0;
  if (seconds < LONG_SECONDS) return;
  const size = `${counted(nSamples, 'sample')} of at most ${count(maxTokens)} tokens`;
  return `${size} take about ${timeText(1000 * seconds)} on ${counted(nCores, 'core')}, less on a graphics card. --samples and --max-tokens set other sizes.`;
}

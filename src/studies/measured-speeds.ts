// How fast studies ran on this machine, so that the next one's time can be told. It learns from the progress of runs
// that came to their end, and forgets all but the last few models.

import { statSync } from 'node:fs';
import type { Memento } from 'vscode';
import { rawValue } from '../../guard/text/foreign.ts';
import { estimateStudy, type MeasuredSpeed } from '../../protocol/plan-file.ts';
import type { Progress, StudyPlan } from '../../protocol/study.ts';
import type { StudyServer } from '../study-server.ts';
import type { EndedRun } from './study-runs.ts';

const KEY = 'measuredSpeeds';
const MAX_KEPT = 8;
/** A shorter stage is mostly start-up. */
const LEAST_MS = 1_000;

export class MeasuredSpeeds {
  readonly #server: StudyServer;
  readonly #memento: Memento;

  constructor(server: StudyServer, memento: Memento) {
    this.#server = server;
    this.#memento = memento;
  }

  /** The latest first. */
  get known(): readonly MeasuredSpeed[] {
    return this.#memento.get<readonly MeasuredSpeed[]>(KEY, []);
  }

  async learn({ summary, last }: EndedRun): Promise<void> {
    const { id, nSamples, nTokens } = summary;
    const plan = rawValue<StudyPlan>(summary.plan);
    const samplesPerSecond = rate(last.get('sample'));
    if (plan.source.kind !== 'model' || samplesPerSecond === null || nTokens === 0) return;
    const { modelBytes } = await this.#server.request(estimateStudy, { plan, sizes: [], speeds: [] });
    const file = statSync(id, { throwIfNoEntry: false });
    if (modelBytes === null || file === undefined) return;
    const speed: MeasuredSpeed = {
      model: plan.source.model,
      modelBytes,
      tokensPerSecond: (samplesPerSecond * nTokens) / nSamples,
      filled: nTokens / (nSamples * plan.sampling.maxTokens),
      scanBytesPerSecond: rate(last.get('scan')),
      diskBytesPerToken: file.size / nTokens,
    };
    const others = this.known.filter(({ model }) => model !== speed.model);
    await this.#memento.update(KEY, [speed, ...others].slice(0, MAX_KEPT));
  }
}

/** A second; null where too little was done to tell. */
function rate(progress: Progress | undefined): number | null {
  if (progress === undefined || progress.elapsedMs < LEAST_MS) return null;
  const done = progress.done - progress.resumedFrom;
  return done > 0 ? (1000 * done) / progress.elapsedMs : null;
}

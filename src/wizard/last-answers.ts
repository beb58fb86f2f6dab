// What was answered before, so that it need not be typed again: the last answers, and the models and training data
// that studies were made with.

import type { Memento } from 'vscode';
import type { PlanFile } from '../../protocol/plan-file.ts';

const LAST_KEY = 'lastPlan';
const MODELS_KEY = 'recentModels';
const CORPORA_KEY = 'recentCorpora';
const MAX_RECENT = 6;

export class LastAnswers {
  readonly #memento: Memento;

  constructor(memento: Memento) {
    this.#memento = memento;
  }

  get plan(): Partial<PlanFile> {
    return this.#memento.get<Partial<PlanFile>>(LAST_KEY, {});
  }

  get models(): readonly string[] {
    return this.#memento.get<readonly string[]>(MODELS_KEY, []);
  }

  get corpora(): readonly (readonly string[])[] {
    return this.#memento.get<readonly (readonly string[])[]>(CORPORA_KEY, []);
  }

  async remember(plan: PlanFile): Promise<void> {
    await this.#memento.update(LAST_KEY, plan);
    await this.rememberPlaces(plan);
  }

  /** What a plan of any kind was made with. */
  async rememberPlaces(plan: Pick<PlanFile, 'model' | 'corpus'>): Promise<void> {
    const corpus = typeof plan.corpus === 'string' ? [plan.corpus] : plan.corpus;
    await this.#memento.update(MODELS_KEY, first(plan.model, this.models));
    await this.#memento.update(CORPORA_KEY, first(corpus, this.corpora));
  }
}

/** Puts an item in front of the others, once. */
function first<T>(item: T, others: readonly T[]): readonly T[] {
  const key = JSON.stringify(item);
  return [item, ...others.filter((other) => JSON.stringify(other) !== key)].slice(0, MAX_RECENT);
}

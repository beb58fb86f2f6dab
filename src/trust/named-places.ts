// Other machines that the user named: a plan or a study may be a stranger's, and nothing is sent to a machine that it names before the user
// agrees, once for each.

import { CancellationError, l10n, type Memento } from 'vscode';
import { rawValue } from '../../guard/text/foreign.ts';
import { remotePlaces } from '../../protocol/remote-places.ts';
import type { StudyPlan, StudySummary } from '../../protocol/study.ts';
import { confirm } from '../notify.ts';

const KEY = 'namedPlaces';

export class NamedPlaces {
  readonly #memento: Memento;

  constructor(memento: Memento) {
    this.#memento = memento;
  }

  /** The user wrote the plan just now. */
  async remember(plan: StudyPlan): Promise<void> {
    const known = this.#known();
    const places = remotePlaces(plan);
    if (places.some((place) => !known.includes(place)))
      await this.#memento.update(KEY, [...new Set([...known, ...places])]);
  }

  /** The machines that a plan may use; asks for those that are new, and throws `CancellationError` where the user does not agree. */
  async allow(plan: StudyPlan | StudySummary['plan']): Promise<readonly string[]> {
    const raw = rawValue<StudyPlan>(plan as StudySummary['plan']);
    const places = remotePlaces(raw);
    const fresh = places.filter((place) => !this.#known().includes(place));
    if (fresh.length === 0) return places;
    const question = l10n.t('This study uses other machines: {0}. Let it?', fresh.join(', '));
    const detail = l10n.t(
      'Prompts go to the server of a model, with the key that you have set for it. Training data is only read.',
    );
    if (!(await confirm(question, detail, l10n.t('Use Them')))) throw new CancellationError();
    await this.remember(raw);
    return places;
  }

  #known(): readonly string[] {
    return this.#memento.get<readonly string[]>(KEY, []);
  }
}

// Studies that another window or program runs: looks now and then whether they still do, for as long as somebody has
// asked for the list. It knows states alone; what changed is asked for by whoever shows it.

import type { Disposable } from 'vscode';
import { getStudy } from '../../protocol/requests.ts';
import type { StudyId, StudySummary } from '../../protocol/study.ts';
import type { StudyServer } from '../study-server.ts';
import type { StudyRuns } from './study-runs.ts';

const INTERVAL_MS = 2_000;

export class StudiesElsewhere implements Disposable {
  readonly #server: StudyServer;
  readonly #runs: Pick<StudyRuns, 'get'>;
  readonly #onEnded: () => void;
  #timer: NodeJS.Timeout | undefined;

  constructor(server: StudyServer, runs: Pick<StudyRuns, 'get'>, onEnded: () => void) {
    this.#server = server;
    this.#runs = runs;
    this.#onEnded = onEnded;
  }

  /** Watches these studies in place of those that were watched before. */
  watch(summaries: readonly StudySummary[]): void {
    clearTimeout(this.#timer);
    const studies = summaries.filter(({ id, state }) => runsElsewhere(state, this.#runs.get(id)));
    if (studies.length > 0) this.#lookLater(studies.map(({ id }) => id));
  }

  dispose(): void {
    clearTimeout(this.#timer);
  }

  #lookLater(studies: readonly StudyId[]): void {
    this.#timer = setTimeout(() => void this.#look(studies), INTERVAL_MS);
  }

  async #look(studies: readonly StudyId[]): Promise<void> {
    const timer = this.#timer;
    const states = await Promise.all(
      studies.map((study) =>
        this.#server.request(getStudy, { study }).then(
          ({ state }) => state,
          () => null, // The study is gone, which the list will say.
        ),
      ),
    );
    if (timer !== this.#timer) return; // Other studies are watched by now.
    if (states.every((state) => state === 'running')) this.#lookLater(studies);
    else this.#onEnded();
  }
}

/** Whether a study's lock is held, and not by a run of this window. */
function runsElsewhere(state: StudySummary['state'], ours: unknown): boolean {
  return state === 'running' && ours === undefined;
}

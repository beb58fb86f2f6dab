// The notification of a study that the user has just started: how far it is, and a button that pauses it. One at a
// time: a second study has the status item and the view.

import { basename } from 'node:path';
import { type Event, l10n } from 'vscode';
import type { Progress, StudyId } from '../../protocol/study.ts';
import { withNotification } from '../notify.ts';
import { progressText } from './progress-text.ts';

/** The runs of this window, so far as the notification needs to know them. */
interface ShownRuns {
  readonly onDidChange: Event<StudyId>;
  get(study: StudyId): { readonly progress: Progress | null } | undefined;
  pause(study: StudyId): void;
}

export class RunNotification {
  readonly #runs: ShownRuns;
  #isShown = false;

  constructor(runs: ShownRuns) {
    this.#runs = runs;
  }

  /** Until `ended` settles. */
  show(study: StudyId, ended: Promise<void>): void {
    if (this.#isShown) return;
    this.#isShown = true;
    void withNotification(l10n.t('Study {0}', basename(study, '.sqlite')), async (report, token) => {
      const listeners = [
        token.onCancellationRequested(() => this.#runs.pause(study)),
        this.#runs.onDidChange((changed) => {
          const progress = this.#runs.get(study)?.progress;
          if (changed === study && progress) report(progressText(progress));
        }),
      ];
      await ended;
      for (const listener of listeners) listener.dispose();
      this.#isShown = false;
    });
  }
}

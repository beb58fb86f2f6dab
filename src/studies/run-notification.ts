// The notification of a study that the user has just started: how far it is, and a button that pauses it. One at a
// time: a second study has the status item and the view.

import { basename } from 'node:path';
import { type Event, l10n, ProgressLocation, window } from 'vscode';
import type { Progress, StudyId } from '../../protocol/study.ts';
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
    const options = {
      location: ProgressLocation.Notification,
      title: l10n.t('Study {0}', basename(study, '.sqlite')),
      cancellable: true,
    };
    void window.withProgress(options, async (report, token) => {
      const listeners = [
        token.onCancellationRequested(() => this.#runs.pause(study)),
        this.#runs.onDidChange((changed) => {
          const progress = this.#runs.get(study)?.progress;
          if (changed === study && progress) report.report({ message: progressText(progress) });
        }),
      ];
      await ended;
      for (const listener of listeners) listener.dispose();
      this.#isShown = false;
    });
  }
}

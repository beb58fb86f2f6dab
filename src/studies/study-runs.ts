// The studies that this window is running: starts them, shows their progress in the view, cancels them. The
// work itself is the server's, and what it found is in the study's file.

import { CancellationTokenSource, commands, type Disposable, EventEmitter, window } from 'vscode';
import { runStudy } from '../../protocol/requests.ts';
import type { Progress, StudyId, StudyPlan, StudySummary } from '../../protocol/study.ts';
import { readExecution } from '../settings.ts';
import type { StudyServer } from '../study-server.ts';

export interface StudyRun {
  readonly study: StudyId;
  /** Null until the server said something. */
  readonly progress: Progress | null;
}

interface LiveRun {
  progress: Progress | null;
  readonly cancellation: CancellationTokenSource;
}

export class StudyRuns implements Disposable {
  readonly #server: StudyServer;
  readonly #live = new Map<StudyId, LiveRun>();
  readonly #changed = new EventEmitter<StudyId>();
  readonly #listener: Disposable;

  /** A run began, moved on, or ended. */
  readonly onDidChange = this.#changed.event;

  constructor(server: StudyServer) {
    this.#server = server;
    this.#listener = server.onProgress(({ study, progress }) => {
      const run = this.#live.get(study);
      if (run === undefined) return;
      run.progress = progress;
      this.#changed.fire(study);
    });
  }

  all(): readonly StudyRun[] {
    return [...this.#live].map(([study, { progress }]) => ({ study, progress }));
  }

  get(study: StudyId): StudyRun | undefined {
    const run = this.#live.get(study);
    return run && { study, progress: run.progress };
  }

  cancel(study: StudyId): void {
    this.#live.get(study)?.cancellation.cancel();
  }

  /** Settles when the study ends. A null plan resumes with the plan in the study's file. */
  async run(study: StudyId, plan: StudyPlan | null): Promise<StudySummary> {
    const cancellation = new CancellationTokenSource();
    this.#live.set(study, { progress: null, cancellation });
    this.#announce(study);
    try {
      const execution = readExecution();
      return await window.withProgress({ location: { viewId: 'verbatim.studies' } }, () =>
        this.#server.request(runStudy, { study, plan, execution }, cancellation.token),
      );
    } finally {
      this.#live.delete(study);
      cancellation.dispose();
      this.#announce(study);
    }
  }

  dispose(): void {
    for (const { cancellation } of this.#live.values()) cancellation.cancel();
    this.#listener.dispose();
    this.#changed.dispose();
  }

  #announce(study: StudyId): void {
    void commands.executeCommand('setContext', 'verbatim.isRunning', this.#live.size > 0);
    this.#changed.fire(study);
  }
}

// The studies that this window is running: starts them, shows their progress in the view, pauses them. The work
// itself is the server's, and what it found is in the study's file. What runs when the window goes away is
// remembered, so that the next one can go on with it.

import {
  CancellationTokenSource,
  commands,
  type Disposable,
  EventEmitter,
  type Memento,
  window,
  workspace,
} from 'vscode';
import { getStudy, runStudy } from '../../protocol/requests.ts';
import type { Progress, Stage, StudyId, StudyPlan, StudySummary } from '../../protocol/study.ts';
import { readExecution } from '../settings.ts';
import type { StudyServer } from '../study-server.ts';
import type { NamedPlaces } from '../trust/named-places.ts';
import type { WorkspaceGate } from '../trust/workspace-gate.ts';
import { pathsIn } from '../trust/workspace-paths.ts';
import { RunNotification } from './run-notification.ts';

const RUNNING_KEY = 'runningStudies';

export interface StudyRun {
  readonly study: StudyId;
  /** Null until the server has reported progress. */
  readonly progress: Progress | null;
}

/** A run that came to an end of its own. */
export interface EndedRun {
  readonly summary: StudySummary;
  /** The last progress of each stage. */
  readonly last: ReadonlyMap<Stage, Progress>;
}

interface LiveRun {
  progress: Progress | null;
  /** The last progress of each stage. */
  readonly last: Map<Stage, Progress>;
  readonly cancellation: CancellationTokenSource;
  readonly ended: PromiseWithResolvers<void>;
}

export class StudyRuns implements Disposable {
  readonly #server: StudyServer;
  readonly #memento: Memento;
  readonly #gate: Pick<WorkspaceGate, 'requireAdmitted'>;
  readonly #named: Pick<NamedPlaces, 'allow'>;
  readonly #notification: RunNotification;
  readonly #live = new Map<StudyId, LiveRun>();
  readonly #changed = new EventEmitter<StudyId>();
  readonly #ended = new EventEmitter<EndedRun>();
  readonly #listener: Disposable;
  #isDisposed = false;

  /** Fires when a run begins, moves on, or ends. */
  readonly onDidChange = this.#changed.event;
  readonly onDidEnd = this.#ended.event;

  constructor(
    server: StudyServer,
    memento: Memento,
    gate: Pick<WorkspaceGate, 'requireAdmitted'>,
    named: Pick<NamedPlaces, 'allow'>,
  ) {
    this.#server = server;
    this.#gate = gate;
    this.#named = named;
    this.#memento = memento;
    this.#notification = new RunNotification(this);
    this.#listener = server.onProgress(({ study, progress }) => {
      const run = this.#live.get(study);
      if (run === undefined) return;
      run.progress = progress;
      run.last.set(progress.stage, progress);
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

  /** Studies that ran when the window before this one went away. */
  interrupted(): readonly StudyId[] {
    return this.#memento.get<readonly StudyId[]>(RUNNING_KEY, []).filter((study) => !this.#live.has(study));
  }

  /** Stops a run and settles when the server has stopped; what was done is kept. */
  async pause(study: StudyId): Promise<void> {
    const run = this.#live.get(study);
    run?.cancellation.cancel();
    await run?.ended.promise;
  }

  /**
   * Settles when the study ends. A null plan resumes with the plan in the study's file, which takes no more than the
   * view's progress; what the user has just started says so in a notification.
   */
  async run(study: StudyId, plan: StudyPlan | null, upTo?: 'scanned'): Promise<StudySummary> {
    if (plan === null && !workspace.isTrusted) {
      // A file names what it goes on with, wherever it lies itself.
      const stored = await this.#server.request(getStudy, { study });
      this.#gate.requireAdmitted(pathsIn(stored.plan));
    }
    const cancellation = new CancellationTokenSource();
    const ended = Promise.withResolvers<void>();
    const last = new Map<Stage, Progress>();
    this.#live.set(study, { progress: null, last, cancellation, ended });
    this.#announce(study);
    if (plan !== null) this.#notification.show(study, ended.promise);
    await this.#remember((running) => [...running, study]);
    try {
      // The run is known by now, so that a second click starts no other while the user is asked.
      const asked = plan ?? (await this.#server.request(getStudy, { study })).plan;
      const named = await this.#named.allow(asked);
      const execution = { ...readExecution(), named };
      const summary = await window.withProgress({ location: { viewId: 'verbatim.studies' } }, () =>
        this.#server.request(
          runStudy,
          { study, plan, execution, ...(upTo === undefined ? {} : { upTo }) },
          cancellation.token,
        ),
      );
      this.#ended.fire({ summary, last });
      return summary;
    } finally {
      this.#live.delete(study);
      cancellation.dispose();
      if (!this.#isDisposed) await this.forget(study);
      ended.resolve();
      this.#announce(study);
    }
  }

  /** Takes a study off the list of those that the next window goes on with. */
  async forget(study: StudyId): Promise<void> {
    await this.#remember((running) => running.filter((other) => other !== study));
  }

  dispose(): void {
    this.#isDisposed = true;
    for (const { cancellation } of this.#live.values()) cancellation.cancel();
    this.#listener.dispose();
    this.#changed.dispose();
    this.#ended.dispose();
  }

  async #remember(change: (running: readonly StudyId[]) => readonly StudyId[]): Promise<void> {
    const running = change(this.#memento.get<readonly StudyId[]>(RUNNING_KEY, []));
    await this.#memento.update(RUNNING_KEY, [...new Set(running)]);
  }

  #announce(study: StudyId): void {
    if (this.#isDisposed) return;
    void commands.executeCommand('setContext', 'verbatim.isRunning', this.#live.size > 0);
    this.#changed.fire(study);
  }
}

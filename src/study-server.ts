// The one door to the background process. It starts the process on the first request, and again when it died: after
// a growing pause, and at most five times in ten minutes. It knows messages only by the protocol's types.

import { type CancellationToken, type Disposable, EventEmitter, type LogOutputChannel, l10n } from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';
import { forLog } from '../guard/text/for-log.ts';
import type { Message } from '../protocol/message.ts';
import { runStudy } from '../protocol/requests.ts';
import type { Progress, StudyId } from '../protocol/study.ts';
import { EnvironmentFault, isConnectionGone } from './failure.ts';
import { readSetting } from './settings.ts';
import type { WorkspaceGate } from './trust/workspace-gate.ts';

/** The server's V8 heap inside VS Code; what grows with the data lies outside of it. */
const MAX_HEAP_MB = 4096;
const MAX_RESTARTS = 5;
const RESTART_WINDOW_MS = 10 * 60_000;
/** Pause before the second restart, doubled with each one more. The first restart follows at once. */
const FIRST_PAUSE_MS = 500;

export class StudyServer implements Disposable {
  readonly #extensionPath: string;
  readonly #log: LogOutputChannel;
  readonly #gate: Pick<WorkspaceGate, 'check'>;
  readonly #progress = new EventEmitter<{ readonly study: StudyId; readonly progress: Progress }>();
  #client: Promise<LanguageClient> | undefined;
  /** Times of the process's deaths, in ms of the performance clock. */
  #deaths: readonly number[] = [];

  readonly #indexProgress = new EventEmitter<{ readonly index: string; readonly progress: Progress }>();

  readonly onProgress = this.#progress.event;
  readonly onIndexProgress = this.#indexProgress.event;

  constructor(extensionPath: string, log: LogOutputChannel, gate: Pick<WorkspaceGate, 'check'>) {
    this.#extensionPath = extensionPath;
    this.#log = log;
    this.#gate = gate;
  }

  get isStarted(): boolean {
    return this.#client !== undefined;
  }

  /** Deaths that still count towards MAX_RESTARTS. */
  get nRestarts(): number {
    return this.#recentDeaths().length;
  }

  /**
   * A question that met a dying process is asked once more; a study is not run twice. What names something of a
   * workspace that is not trusted is not asked.
   */
  async request<Params, Result>(
    message: Message<Params, Result>,
    params: Params,
    token?: CancellationToken,
  ): Promise<Result> {
    this.#gate.check(message.method, params);
    try {
      return await this.#send(message, params, token);
    } catch (error) {
      if (!isConnectionGone(error) || message.method === runStudy.method) throw error;
      return await this.#send(message, params, token);
    }
  }

  /** Forgets what went wrong, and starts anew with the next request. */
  async restart(): Promise<void> {
    this.#deaths = [];
    const client = await this.#client?.catch(() => undefined);
    this.#client = undefined;
    await client?.dispose();
  }

  async dispose(): Promise<void> {
    this.#progress.dispose();
    this.#indexProgress.dispose();
    const client = await this.#client?.catch(() => undefined);
    await client?.dispose();
  }

  async #send<Params, Result>(
    message: Message<Params, Result>,
    params: Params,
    token?: CancellationToken,
  ): Promise<Result> {
    this.#client ??= this.#start().catch((error) => {
      this.#client = undefined; // The next request may try again.
      throw error;
    });
    const client = await this.#client;
    return token === undefined
      ? client.sendRequest<Result>(message.method, params)
      : client.sendRequest<Result>(message.method, params, token);
  }

  async #start(): Promise<LanguageClient> {
    await this.#pauseAfterDeaths();
    // The client is a bundle of its own, so that activation neither reads nor compiles it.
    const { startClient } = await import('./start-client.ts');
    const runtime = readSetting('server.runtime');
    this.#log.info(forLog(`Starting the background process${runtime === '' ? '' : ` on ${runtime}`}.`));
    return startClient({
      extensionPath: this.#extensionPath,
      runtime,
      maxHeapMb: MAX_HEAP_MB,
      log: this.#log,
      // The server asks for this one setting only, whenever it is about to hand on a text.
      readSetting: () => readSetting('sensitive.show'),
      onProgress: (progress) => this.#progress.fire(progress),
      onIndexProgress: (progress) => this.#indexProgress.fire(progress),
      onDeath: () => this.#onDeath(),
    });
  }

  #onDeath(): void {
    this.#client = undefined;
    this.#deaths = [...this.#recentDeaths(), performance.now()];
    this.#log.warn(`The background process stopped (${this.#deaths.length} times lately).`);
  }

  #recentDeaths(): readonly number[] {
    return this.#deaths.filter((atMs) => performance.now() - atMs < RESTART_WINDOW_MS);
  }

  async #pauseAfterDeaths(): Promise<void> {
    const nDeaths = this.#recentDeaths().length;
    if (nDeaths > MAX_RESTARTS) {
      throw new EnvironmentFault(
        l10n.t('Verbatim’s background process stopped {0} times and is left alone now.', nDeaths),
        l10n.t('Look into the log, then run “Verbatim: Restart Background Process”.'),
      );
    }
    if (nDeaths < 2) return;
    await new Promise((resolve) => setTimeout(resolve, FIRST_PAUSE_MS * 2 ** (nDeaths - 2)));
  }
}

// The one door to the background process. It starts the process on the first request, restarts it when it
// dies (at most four times in three minutes), and knows messages only by the protocol's types.

import { join } from 'node:path';
import { type CancellationToken, type Disposable, EventEmitter, type LogOutputChannel } from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';
import type { Message } from '../protocol/message.ts';
import { studyProgress } from '../protocol/requests.ts';
import type { Progress, StudyId } from '../protocol/study.ts';

/** The server's V8 heap inside VS Code; what grows with the data lies outside of it. */
const MAX_HEAP_MB = 4096;

export class StudyServer implements Disposable {
  readonly #extensionPath: string;
  readonly #log: LogOutputChannel;
  readonly #progress = new EventEmitter<{ readonly study: StudyId; readonly progress: Progress }>();
  #client: Promise<LanguageClient> | undefined;

  readonly onProgress = this.#progress.event;

  constructor(extensionPath: string, log: LogOutputChannel) {
    this.#extensionPath = extensionPath;
    this.#log = log;
  }

  get isStarted(): boolean {
    return this.#client !== undefined;
  }

  async request<Params, Result>(
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

  async dispose(): Promise<void> {
    this.#progress.dispose();
    const client = await this.#client?.catch(() => undefined);
    await client?.dispose();
  }

  async #start(): Promise<LanguageClient> {
    // Loaded here, so that activation does not pay for it.
    const { LanguageClient, RevealOutputChannelOn, TransportKind } = await import(
      'vscode-languageclient/node'
    );
    this.#log.info('Starting the background process.');
    const client = new LanguageClient(
      'verbatim',
      'Verbatim',
      {
        module: join(this.#extensionPath, 'dist', 'server.js'),
        transport: TransportKind.ipc,
        options: { execArgv: [`--max-old-space-size=${MAX_HEAP_MB}`], cwd: this.#extensionPath },
      },
      {
        documentSelector: [],
        outputChannel: this.#log,
        // Failures are shown by the error funnel alone.
        revealOutputChannelOn: RevealOutputChannelOn.Never,
      },
    );
    client.onNotification(studyProgress.method, (params) => this.#progress.fire(params));
    await client.start();
    return client;
  }
}

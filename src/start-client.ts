// Starts the background process with a client of the language server protocol in front of it. Loaded with the first
// request: the client is eight times as large as the rest of the extension.

import { join } from 'node:path';
import type { LogOutputChannel } from 'vscode';
import {
  CloseAction,
  ErrorAction,
  LanguageClient,
  RevealOutputChannelOn,
  TransportKind,
} from 'vscode-languageclient/node';
import { indexProgress } from '../protocol/corpus-index.ts';
import { studyProgress } from '../protocol/requests.ts';
import type { Progress, StudyId } from '../protocol/study.ts';

export interface ClientOptions {
  readonly extensionPath: string;
  /** The Node that the server runs on; empty for the editor's own. */
  readonly runtime: string;
  readonly maxHeapMb: number;
  readonly log: LogOutputChannel;
  readonly readSetting: () => unknown;
  readonly onProgress: (progress: { readonly study: StudyId; readonly progress: Progress }) => void;
  readonly onIndexProgress: (progress: { readonly index: string; readonly progress: Progress }) => void;
  readonly onDeath: () => void;
}

export async function startClient(options: ClientOptions): Promise<LanguageClient> {
  const { extensionPath, runtime, maxHeapMb, log, readSetting, onProgress, onIndexProgress, onDeath } =
    options;
  const client = new LanguageClient(
    'verbatim',
    'Verbatim',
    {
      module: join(extensionPath, 'dist', 'server.js'),
      transport: TransportKind.ipc,
      ...(runtime === '' ? {} : { runtime }),
      options: { execArgv: [`--max-old-space-size=${maxHeapMb}`], cwd: extensionPath },
    },
    {
      documentSelector: [],
      outputChannel: log,
      // Failures are shown by the error funnel alone.
      revealOutputChannelOn: RevealOutputChannelOn.Never,
      initializationFailedHandler: () => false,
      middleware: { workspace: { configuration: ({ items }) => items.map(readSetting) } },
      errorHandler: {
        error: () => ({ action: ErrorAction.Continue, handled: true }),
        closed: () => {
          onDeath();
          return { action: CloseAction.DoNotRestart, handled: true };
        },
      },
    },
  );
  client.onNotification(studyProgress.method, onProgress);
  client.onNotification(indexProgress.method, onIndexProgress);
  await client.start();
  return client;
}

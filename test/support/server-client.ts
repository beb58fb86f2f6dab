// A client of the background server over real IPC, as the extension is one; and what /proc says of processes.

import { type ChildProcess, fork } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after } from 'node:test';
import { fileURLToPath } from 'node:url';
import {
  createMessageConnection,
  IPCMessageReader,
  IPCMessageWriter,
  type MessageConnection,
} from 'vscode-jsonrpc/node';
import type { Message } from '../../protocol/message.ts';
import { studyProgress } from '../../protocol/requests.ts';
import type { Progress } from '../../protocol/study.ts';
import { WAIT_LIMIT_MS } from './wait-limit.ts';

const bundles = process.env.VERBATIM_BUNDLES;
/** Bundled, or from source, as the command line is in `cli.ts`. */
export const SERVER = bundles
  ? join(bundles, 'server.js')
  : fileURLToPath(new URL('../../server/main.ts', import.meta.url));

export interface ServerClient {
  readonly child: ChildProcess;
  readonly connection: MessageConnection;
  send<P, R>(message: Message<P, R>, params: P): Promise<R>;
  /** The first progress from now on that is wanted. */
  progress(isWanted: (progress: Progress) => boolean): Promise<Progress>;
}

export async function startServer(
  options: { readonly execArgv?: readonly string[]; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<ServerClient> {
  const child = fork(SERVER, ['--node-ipc'], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    execArgv: [...(options.execArgv ?? [])],
    env: { ...process.env, ...options.env },
  });
  const connection = createMessageConnection(new IPCMessageReader(child), new IPCMessageWriter(child));
  connection.listen();
  after(() => child.kill('SIGKILL'));
  await connection.sendRequest('initialize', { processId: process.pid, rootUri: null, capabilities: {} });
  await connection.sendNotification('initialized', {});
  return {
    child,
    connection,
    send: (message, params) => connection.sendRequest(message.method, params),
    progress: (isWanted) =>
      new Promise((resolve) => {
        const listener = connection.onNotification(
          studyProgress.method,
          ({ progress }: { progress: Progress }) => {
            if (!isWanted(progress)) return;
            listener.dispose();
            resolve(progress);
          },
        );
      }),
  };
}

/** Processes that run and whose command line or environment holds a text. A zombie runs no more. */
export function processesWith(text: string, where: 'cmdline' | 'environ'): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((name) => {
      try {
        const isZombie = /^State:\s+Z/m.test(readFileSync(`/proc/${name}/status`, 'utf8'));
        return !isZombie && readFileSync(`/proc/${name}/${where}`, 'utf8').includes(text);
      } catch {
        return false; // It ended in the meantime, or is somebody else's.
      }
    })
    .map(Number);
}

/** Background processes that have a text in their environment. */
export const serversWith = (text: string): readonly number[] => {
  const servers = processesWith('/dist/server.js', 'cmdline');
  return processesWith(text, 'environ').filter((pid) => servers.includes(pid));
};

/** Throws where the state does not come about. */
export async function until(what: string, isSo: () => boolean): Promise<void> {
  const giveUpAt = performance.now() + WAIT_LIMIT_MS;
  while (!isSo()) {
    if (performance.now() > giveUpAt) throw new Error(`It did not come to be: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

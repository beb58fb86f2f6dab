// Runs a command in a thread of its own, so that the program's first thread has nothing to do but hear signals: the
// first Ctrl-C asks the command to stop, the second ends the program whatever the command is doing, be it a parser
// that never ends or a call into native code. A thread that works hears nothing until it is done.

import { SHARE_ENV, Worker } from 'node:worker_threads';
import { programUrl } from '../program-url.ts';

/** Those that can be told to stop. The others end at the first signal, as any program does. */
const LONG_COMMANDS: ReadonlySet<string> = new Set(
  'demo study sample scan index check discover score predict doctor providers task'.split(' '),
);

/** Answers of a moment, for which a thread would take longer than they do. */
const QUICK_PARTS: Readonly<Record<string, readonly string[]>> = { index: ['check', 'info', 'remove'] };

/** Whether the words of a command name a long one. */
export function isLong([name = '', part = '']: readonly string[]): boolean {
  return LONG_COMMANDS.has(name) && !QUICK_PARTS[name]?.includes(part);
}

/** What the thread is given. */
export interface CommandThread {
  /** How many pieces of work in it listen for a stop. */
  readonly nListening: Int32Array;
  /** A thread's own streams do not know what they end in. */
  readonly terminals: Readonly<Record<'stdout' | 'stderr', Terminal>>;
}

export interface Terminal {
  readonly isTTY: boolean;
  readonly columns: number | undefined;
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;
/** Whoever sends SIGTERM does not send it twice. */
const TERM_LIMIT_MS = 5000;
const PATIENCE_MS = 2000;

const threadUrl = programUrl('../cli-thread.ts', import.meta.url);

/** Resolves with the exit code; rejects with what the thread died of. */
export function runInThread(): Promise<number> {
  const { stdout, stderr } = process;
  const facts = ({ isTTY, columns }: NodeJS.WriteStream): Terminal => ({ isTTY: isTTY === true, columns });
  const workerData: CommandThread = {
    nListening: new Int32Array(new SharedArrayBuffer(4)),
    terminals: { stdout: facts(stdout), stderr: facts(stderr) },
  };
  const worker = new Worker(threadUrl, { workerData, argv: process.argv.slice(2), env: SHARE_ENV });
  stderr.on('resize', () => worker.postMessage({ columns: stderr.columns }));
  listen(worker, workerData);
  return new Promise((resolve, reject) => {
    worker.once('error', reject);
    worker.once('exit', resolve);
  });
}

function listen(worker: Worker, { nListening }: CommandThread): void {
  let isTold = false;
  // A scheduler's notice: the command keeps what it has and is started again elsewhere. It is no request to end.
  if (process.platform !== 'win32') process.on('SIGUSR2', () => worker.postMessage('make room'));
  for (const name of SIGNALS) {
    process.on(name, () => {
      if (isTold || Atomics.load(nListening, 0) === 0) return end(name);
      isTold = true;
      worker.postMessage('stop');
      setTimeout(() => process.stderr.write(`\n${STILL_STOPPING}\n`), PATIENCE_MS).unref();
      if (name === 'SIGTERM') setTimeout(() => end(name), TERM_LIMIT_MS).unref();
    });
  }
}

const STILL_STOPPING = 'Still stopping. Another Ctrl-C ends it at once; what was finished is kept.';

/** Ends the process as the signal would have, had nobody listened: no thread is waited for. */
function end(name: NodeJS.Signals): void {
  for (const each of SIGNALS) process.removeAllListeners(each);
  process.kill(process.pid, name);
}

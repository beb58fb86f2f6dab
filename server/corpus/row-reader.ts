// Reads rows of shards again, in a thread with limits: whoever waits for them has other things to do too.

import { GuardedThread } from '../guard/run-guarded.ts';
import { programUrl } from '../program-url.ts';
import { readingLimits } from './reading-limits.ts';
import type { ReopenRequest } from './reopen-row.ts';

const workerUrl = programUrl('./reopen-worker.ts', import.meta.url);

/**
 * Reads rows of a shard one after the other in one thread, which takes longer to start than a row takes to read. Another
 * shard has a thread of its own, and the one before goes.
 */
export class RowReader implements Disposable {
  readonly #signal: AbortSignal;
  #open: { readonly path: string; readonly thread: Thread } | undefined;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  /** The text of the row, or undefined when the shard no longer has it. Disk errors throw, and limits. */
  async read(request: ReopenRequest): Promise<Uint8Array | undefined> {
    const { path } = request.shard;
    if (this.#open?.path !== path) {
      this[Symbol.dispose]();
      const limits = { ...readingLimits(request.shard), what: path, signal: this.#signal };
      this.#open = { path, thread: new GuardedThread(workerUrl, limits) };
    }
    try {
      return await this.#open.thread.ask(request);
    } catch (error) {
      this[Symbol.dispose](); // Whatever the row did to the thread, the next one begins anew.
      throw error;
    }
  }

  [Symbol.dispose](): void {
    this.#open?.thread[Symbol.dispose]();
    this.#open = undefined;
  }
}

type Thread = GuardedThread<ReopenRequest, Uint8Array | undefined>;

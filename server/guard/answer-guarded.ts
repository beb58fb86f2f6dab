// The other end of run-guarded.ts: what a program that reads for it is made of.

import { parentPort, workerData } from 'node:worker_threads';
import type { ErrorCode } from '../../protocol/errors.ts';
import { VerbatimError } from '../errors.ts';
import { systemFailure } from '../system-failure.ts';
import type { Beats } from './watch-worker.ts';

export interface GuardedStart {
  readonly beats: Beats;
  readonly what: string;
}

export interface FailedAnswer {
  readonly kind: 'failed';
  readonly code: ErrorCode;
  readonly message: string;
  readonly action: string | undefined;
  readonly stack: string | undefined;
}

export type GuardedAnswer<Output> = { readonly kind: 'done'; readonly value: Output } | FailedAnswer;

/** `beat` is called by work that takes long, each time it got on. */
export function answerGuarded<Input, Output>(
  work: (input: Input, beat: () => void) => Promise<Output> | Output,
): void {
  const { beats, what } = workerData as GuardedStart;
  const send = (answer: GuardedAnswer<Output>) => parentPort!.postMessage(answer);
  parentPort!.on('message', async (input: Input) => {
    try {
      const value = await work(input, () => void Atomics.add(beats, 0, 1));
      send({ kind: 'done', value });
    } catch (error) {
      send(describe(error, what));
    }
  });
}

function describe(cause: unknown, what: string): FailedAnswer {
  const error = systemFailure(cause) ?? cause;
  if (error instanceof VerbatimError) {
    const { code, message, action, stack } = error;
    return { kind: 'failed', code, message, action, stack };
  }
  const { message, stack } = error instanceof Error ? error : { message: String(error), stack: undefined };
  // A stack that ran over, an array or a text longer than there can be: the file asks for it.
  if (error instanceof RangeError) {
    return {
      kind: 'failed',
      code: 'user',
      message: `${what} cannot be read: ${message}.`,
      action: 'It is damaged, or made to do that: get it from a source that you trust.',
      stack,
    };
  }
  return { kind: 'failed', code: 'bug', message, action: undefined, stack };
}

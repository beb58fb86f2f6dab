// Tries again what failed for a reason that may pass: waits longer each time, or as long as the other side asks. Knows nothing of
// what is tried.

import { setTimeout as sleep } from 'node:timers/promises';
import { Cancelled } from '../errors.ts';

export interface Patience {
  readonly signal: AbortSignal;
  readonly attempts?: number;
  readonly firstDelayMs?: number;
  /** Called before a longer wait with the reason for it, for people. */
  readonly onWait?: (reason: string) => void;
}

/** What came of an attempt; `orElse` gives or throws what stands where no attempt is left. */
export type Attempt<Result> =
  | { readonly kind: 'done'; readonly result: Result }
  | {
      readonly kind: 'failed';
      readonly failure: string;
      /** What the other side asks to wait. */
      readonly waitMs?: number | undefined;
      readonly orElse: () => Result;
      /** Lets go of what the attempt holds, where there is another. */
      readonly discard?: () => Promise<unknown>;
    };

const ATTEMPTS = 6;
const FIRST_DELAY_MS = 500;
const MAX_DELAY_MS = 30_000;
/** Longer than that is worth a word. */
const LONG_WAIT_MS = 2000;

/** Rejects with `Cancelled`, and with what an attempt throws. */
export async function withRetries<Result>(
  { signal, attempts = ATTEMPTS, firstDelayMs = FIRST_DELAY_MS, onWait }: Patience,
  attempt: () => Promise<Attempt<Result>>,
): Promise<Result> {
  for (let n = 1; ; n++) {
    if (signal.aborted) throw new Cancelled();
    const outcome = await attempt();
    if (outcome.kind === 'done') return outcome.result;
    if (signal.aborted) throw new Cancelled();
    if (n === attempts) return outcome.orElse();
    await outcome.discard?.();
    // Those that failed together do not come back together.
    const ownMs = Math.min(MAX_DELAY_MS, firstDelayMs * 2 ** (n - 1)) * (0.75 + Math.random() / 2);
    const delayMs = outcome.waitMs ?? ownMs;
    if (delayMs > LONG_WAIT_MS)
      onWait?.(`${outcome.failure}; trying again in ${Math.round(delayMs / 1000)} s`);
    await sleep(delayMs, undefined, { signal }).catch(() => {
      throw new Cancelled();
    });
  }
}

/** Too many requests, or trouble on the other side that may pass. */
export const isTransient = (status: number): boolean =>
  status === 429 || status === 408 || (status >= 500 && status !== 501);

/** A server may ask for more patience than that, but nobody would wait. */
const MAX_RETRY_AFTER_MS = 15 * 60_000;

/** Milliseconds that a `Retry-After` asks to wait: it holds seconds or a date. */
export function retryAfterMs(value: string | null | undefined): number | undefined {
  if (value === null || value === undefined) return undefined;
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.min(MAX_RETRY_AFTER_MS, Math.max(0, ms));
}

/** The inmost message: what failed is often wrapped. */
export function inmostReason(error: unknown): string {
  let at = error;
  while (at instanceof Error && at.cause instanceof Error) at = at.cause;
  return at instanceof Error ? at.message || String((at as NodeJS.ErrnoException).code) : String(at);
}

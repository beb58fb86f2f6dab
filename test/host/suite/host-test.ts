// A test inside the extension host: a name and a function that throws when it fails. They run in order, in
// one window, so a later test may look at the study that an earlier one made.

import { getsOn } from './signs-of-life.ts';

export interface HostTest {
  readonly name: string;
  readonly run: () => Promise<void>;
  /** How long it may do nothing that it knows of; all in all it may take its time. */
  readonly silenceLimitMs: number;
}

/** What a host says while it runs, a line of the results file each. */
export type HostTestEvent =
  | { readonly kind: 'suite'; readonly names: readonly string[] }
  | { readonly kind: 'begins'; readonly name: string }
  | ({ readonly kind: 'ended' } & HostTestResult);

/** How one went. `error` is null when it passed. */
export interface HostTestResult {
  readonly name: string;
  readonly elapsedMs: number;
  readonly error: string | null;
}

/** Less than the host itself is given, which then says which test it was. */
const SILENCE_LIMIT_MS = 90_000;

export function hostTest(name: string, run: () => Promise<void>): HostTest {
  return { name, run, silenceLimitMs: SILENCE_LIMIT_MS };
}

/** Polls until `look` gives something, for what VS Code does in its own time. */
export async function eventually<T>(
  what: string,
  look: () => T | undefined | Promise<T | undefined>,
  limitMs = 60_000,
): Promise<T> {
  const giveUpAt = Date.now() + limitMs;
  for (;;) {
    const seen = await look();
    if (seen !== undefined) {
      getsOn(what);
      return seen;
    }
    if (Date.now() > giveUpAt) throw new Error(`It did not come to be: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

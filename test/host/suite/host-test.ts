// A test inside the extension host: a name and a function that throws when it fails. They run in order, in
// one window, so a later test may look at the study that an earlier one made.

export interface HostTest {
  readonly name: string;
  readonly run: () => Promise<void>;
  readonly limitMs: number;
}

/** How one went, as a line of the results file. `error` is null when it passed. */
export interface HostTestResult {
  readonly name: string;
  readonly elapsedMs: number;
  readonly error: string | null;
}

export function hostTest(name: string, run: () => Promise<void>, limitMs = 60_000): HostTest {
  return { name, run, limitMs };
}

/** Polls until `look` gives something, for what VS Code does in its own time. */
export async function eventually<T>(
  what: string,
  look: () => T | undefined | Promise<T | undefined>,
  limitMs = 20_000,
): Promise<T> {
  const giveUpAt = Date.now() + limitMs;
  for (;;) {
    const seen = await look();
    if (seen !== undefined) return seen;
    if (Date.now() > giveUpAt) throw new Error(`It did not come to be: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

// Ctrl-C and a polite kill, for every command that takes long: the work is told through its signal, and ends in
// order. A second Ctrl-C ends the process at once, which loses no more than a crash would.

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

export async function untilInterrupted<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const stop = new AbortController();
  const onSignal = () => stop.abort();
  for (const name of SIGNALS) process.once(name, onSignal);
  try {
    return await work(stop.signal);
  } finally {
    for (const name of SIGNALS) process.off(name, onSignal);
  }
}

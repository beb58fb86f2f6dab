// The fastest of many rounds of the same work, by the clock and by processor time.

const ROUNDS = 20;
/**
 * A reference that other work on the machine slows down flatters whoever is measured by it: each gets the same time to
 * find a quiet moment.
 */
const LEAST_MS = 8000;

export async function fastestRound(
  work: () => Promise<unknown>,
): Promise<{ readonly seconds: number; readonly cpuSeconds: number }> {
  let seconds = Infinity;
  let cpuSeconds = Infinity;
  const until = performance.now() + LEAST_MS;
  for (let round = 0; round < ROUNDS || performance.now() < until; round++) {
    const startedAt = performance.now();
    const before = process.cpuUsage();
    await work();
    const { user, system } = process.cpuUsage(before);
    seconds = Math.min(seconds, (performance.now() - startedAt) / 1000);
    cpuSeconds = Math.min(cpuSeconds, (user + system) / 1e6);
  }
  return { seconds, cpuSeconds };
}

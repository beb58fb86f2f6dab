// When a test inside the host got on last. A test that takes long says so, and with what; waiting is no such thing.

/** Between two lines about one test. */
const LINE_INTERVAL_MS = 5_000;

/** When something happened last, and when a line was last written about it. */
export const heard = { atMs: 0, toldAtMs: 0 };

export function getsOn(what: string): void {
  heard.atMs = performance.now();
  if (heard.atMs - heard.toldAtMs < LINE_INTERVAL_MS) return;
  heard.toldAtMs = heard.atMs;
  console.log(`  ${what}`);
}

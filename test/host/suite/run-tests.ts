// Runs host tests one after another, and says of each when it begins, whenever it gets on, and how it went. Who waits
// outside ends the host when it hears nothing for too long: there is no limit to all of them together.

import { appendFileSync } from 'node:fs';
import type { HostTest, HostTestEvent, HostTestResult } from './host-test.ts';
import { heard } from './signs-of-life.ts';

/** `before` is called before each test. */
export async function runTests(tests: readonly HostTest[], before = () => {}): Promise<void> {
  tell({ kind: 'suite', names: tests.map(({ name }) => name) });
  let nFailed = 0;
  for (const test of tests) {
    tell({ kind: 'begins', name: test.name });
    console.log(`begins: ${test.name}`);
    before();
    const result = await runOne(test);
    if (result.error !== null) nFailed++;
    tell({ kind: 'ended', ...result });
    console.log(`${result.error ?? 'passed'}: ${test.name} (${result.elapsedMs} ms)`);
  }
  if (nFailed > 0) throw new Error(`${nFailed} of ${tests.length} failed`);
}

function tell(event: HostTestEvent): void {
  const file = process.env.VERBATIM_TEST_RESULTS;
  if (file !== undefined) appendFileSync(file, `${JSON.stringify(event)}\n`);
}

async function runOne({ name, run, silenceLimitMs }: HostTest): Promise<HostTestResult> {
  const startedAt = performance.now();
  heard.atMs = startedAt;
  const elapsedMs = () => Math.round(performance.now() - startedAt);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, fail) => {
    timer = setInterval(() => {
      if (performance.now() - heard.atMs < silenceLimitMs) return;
      fail(new Error(`It did not get on for ${silenceLimitMs} ms`));
    }, 500);
  });
  try {
    await Promise.race([run(), late]);
    return { name, elapsedMs: elapsedMs(), error: null };
  } catch (error) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { name, elapsedMs: elapsedMs(), error: text };
  } finally {
    clearInterval(timer);
  }
}

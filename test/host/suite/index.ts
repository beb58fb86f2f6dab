// The entry that VS Code is given as the extension's tests: runs them all, and fails when one fails.

import { appendFileSync } from 'node:fs';
import { tests as activation } from './activation.test.ts';
import { benches as clickBenches, tests as clicks } from './clicks.test.ts';
import { tests as comparison } from './comparison.test.ts';
import { tests as dashboard } from './dashboard.test.ts';
import { tests as decorations } from './decorations.test.ts';
import { tests as foundMarks } from './found-marks.test.ts';
import type { HostTest, HostTestResult } from './host-test.ts';
import { tests as lifetime } from './lifetime.test.ts';
import { tests as million } from './million.test.ts';
import { tests as plans } from './plans.test.ts';
import { tests as running } from './running.test.ts';
import { tests as tree } from './tree.test.ts';
import { tests as view } from './view.test.ts';
import { tests as words } from './words.test.ts';

/** Activation first, while nothing has happened; then the study that the rest looks at. */
const SUITE: readonly HostTest[] = [
  ...activation,
  ...words,
  ...running,
  ...tree,
  ...view,
  ...comparison,
  ...clicks,
  ...decorations,
  ...foundMarks,
  ...dashboard,
  ...plans,
  ...lifetime,
];

const ALL = million.length > 0 ? [...million, ...clickBenches] : SUITE;

export async function run(): Promise<void> {
  let nFailed = 0;
  for (const test of ALL) {
    const result = await runOne(test);
    if (result.error !== null) nFailed++;
    console.log(`${result.error ?? 'passed'}: ${test.name} (${result.elapsedMs} ms)`);
    const file = process.env.VERBATIM_TEST_RESULTS;
    if (file !== undefined) appendFileSync(file, `${JSON.stringify(result)}\n`);
  }
  if (nFailed > 0) throw new Error(`${nFailed} of ${ALL.length} failed`);
}

async function runOne(test: HostTest): Promise<HostTestResult> {
  const startedAt = performance.now();
  const elapsedMs = () => Math.round(performance.now() - startedAt);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, fail) => {
    timer = setTimeout(() => fail(new Error(`No end after ${test.limitMs} ms`)), test.limitMs);
  });
  try {
    await Promise.race([test.run(), late]);
    return { name: test.name, elapsedMs: elapsedMs(), error: null };
  } catch (error) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { name: test.name, elapsedMs: elapsedMs(), error: text };
  } finally {
    clearTimeout(timer);
  }
}

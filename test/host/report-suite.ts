// Reports a suite inside the real VS Code test by test, as it goes: each is a test of this run with a result of its own.
// There is no limit to the whole; the host is ended when nothing is heard of it.

import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import type { TestContext } from 'node:test';
import { runSuite, type SuiteOptions } from './run-suite.ts';
import type { HostTestResult } from './suite/host-test.ts';

export async function reportSuite(t: TestContext, options: SuiteOptions = {}): Promise<void> {
  const output: string[] = [];
  const collector = new Writable({
    write(chunk, _encoding, done) {
      output.push(String(chunk));
      done();
    },
  });
  const { events, failure } = await runSuite(collector, options);
  const ended = new Set<string>();
  let names: readonly string[] = [];
  let nFailed = 0;
  let current:
    | { readonly name: string; readonly settle: (result: HostTestResult | null) => void }
    | undefined;
  let reporting: Promise<unknown> = Promise.resolve();
  for await (const event of events) {
    if (event.kind === 'suite') names = event.names;
    if (event.kind === 'begins') {
      const { name } = event;
      const { promise, resolve } = Promise.withResolvers<HostTestResult | null>();
      current = { name, settle: resolve };
      reporting = t.test(name, async () => {
        const result = await promise;
        if (result === null) assert.fail('VS Code ended in the middle of it');
        if (result.error !== null) assert.fail(result.error);
      });
    }
    if (event.kind === 'ended') {
      ended.add(event.name);
      if (event.error !== null) nFailed++;
      current?.settle(event);
      current = undefined;
      await reporting;
    }
  }
  current?.settle(null);
  await reporting;
  const why = await failure;
  const missing = names.filter((name) => !ended.has(name));
  // A failed test has spoken for itself; a run that failed otherwise has only this.
  if (nFailed === 0 || missing.length > 0)
    assert.equal(why, null, `${output.join('')}\nNot run: ${missing.join(', ')}`);
  assert.notEqual(ended.size, 0, 'No test ran');
}

// Every test of the suite in the real VS Code, as a test of this run.

import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { test } from 'node:test';
import { runSuite } from './run-suite.ts';

test('the extension in the real VS Code', { timeout: 900_000 }, async (t) => {
  const output: string[] = [];
  const collector = new Writable({
    write(chunk, _encoding, done) {
      output.push(String(chunk));
      done();
    },
  });
  const { results, failure } = await runSuite(collector);
  for (const { name, elapsedMs, error } of results) {
    await t.test(`${name} (${elapsedMs} ms)`, () => {
      if (error !== null) assert.fail(error);
    });
  }
  // A failed test has spoken for itself above; a run that failed otherwise has only this.
  if (results.length === 0 || results.every(({ error }) => error === null)) {
    assert.equal(failure, null, output.join(''));
    assert.notEqual(results.length, 0, 'No test ran');
  }
});

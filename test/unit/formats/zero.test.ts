// What was never seen has no interval around nothing: it has a bound, or none. A study that found nothing says why that
// may be, and draws no empty axes.

import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { wilson } from '../../../server/analysis/intervals.ts';
import { closestMatches } from '../../../server/cli/closest-matches.ts';
import { gatherReport } from '../../../server/formats/report-content.ts';
import { reportForms } from '../../../server/formats/report-forms.ts';
import { percentInterval } from '../../../server/formats/report-numbers.ts';
import { openForReading } from '../../../server/store/study-file.ts';
import { summarise } from '../../../server/store/summary.ts';
import { runStudy } from '../../../server/study/run-study.ts';
import { percentRange } from '../../../webview/numbers.ts';
import { scanPlan } from '../../support/plans.ts';
import { scratchFolder } from '../../support/scratch.ts';

test('none out of some is bounded from above, and never an interval around nothing', () => {
  assert.equal(percentInterval(wilson(0, 100)), '0.0 % (at most 3.7)');
  assert.equal(percentInterval({ value: 0, low: 0, high: 0 }), '0.0 %');
  assert.equal(percentInterval(wilson(0, 0)), 'unknown');
  assert.equal(percentInterval(wilson(1, 2)), '50.0 % (9.5–90.5)');
  assert.equal(percentRange(wilson(0, 100)), 'at most 3.7 %');
  assert.equal(percentRange({ value: 0, low: 0, high: 0 }), '');
});

const folder = scratchFolder();
const file = join(folder, 'nothing.sqlite');

before(async () => {
  mkdirSync(join(folder, 'corpus'));
  const row = { content: 'a\nb\nc\nd\ne\nf\ng', repo_name: 'r', path: 'p.js' };
  writeFileSync(join(folder, 'corpus', 'shard.jsonl'), `${JSON.stringify(row)}\n`);
  const samples = Array.from({ length: 20 }, (_, i) => `${JSON.stringify(`x${i}\ny\nz`)}\n`).join('');
  writeFileSync(join(folder, 'samples.jsonl'), samples);
  await runStudy({
    file,
    plan: scanPlan(join(folder, 'samples.jsonl'), [join(folder, 'corpus')]),
    execution: { provider: 'cpu', batch: 'auto', workers: 1 },
    upTo: 'analyse',
    signal: new AbortController().signal,
    report: () => {},
  });
});

for (const format of ['table', 'md', 'html'] as const) {
  test(`the ${format} report of nothing says why, and what to try`, async () => {
    using db = openForReading(file);
    const summary = summarise(db, file, false);
    assert.equal(summary.nFragments, 0);
    const options = { places: 3, disclosure: 'masked', baseline: null } as const;
    const content = await gatherReport(db, summary, options);
    let text = '';
    for await (const line of reportForms[format].write(content, 'families')) text += `${line}\n`;
    assert.match(
      text,
      /A sample has 3\.0 lines on average, and a fragment needs 6\. 1 document was searched/,
    );
    assert.match(text, /To try[\s\S]*verbatim scan --samples \S+nothing\.sqlite --corpus … --min-lines 3/);
    assert.doesNotMatch(text, /0\.0–0\.0/);
    assert.match(text, /at most 16\.1/);
    assert.doesNotMatch(text, /<figure>/);
  });
}

test('who runs a study that finds nothing is told how close its samples come', async () => {
  const execution = { provider: 'cpu', batch: 'auto', workers: 1 } as const;
  const { signal } = new AbortController();
  const closest = async (name: string, samples: readonly string[]) => {
    const study = join(folder, `${name}.sqlite`);
    writeFileSync(join(folder, `${name}.jsonl`), samples.map((text) => `${JSON.stringify(text)}\n`).join(''));
    const plan = scanPlan(join(folder, `${name}.jsonl`), [join(folder, 'corpus')]);
    const run = { file: study, plan, execution, upTo: 'analyse', signal, report: () => {} } as const;
    return closestMatches(await runStudy(run), execution, signal);
  };
  assert.deepEqual(await closest('near', ['q\na\nb\nc\nr', 'c\nd\ne\nf\ns']), [
    'Closest   4 lines, 1× in the training data: r · p.js:3-6',
    '          3 lines, 1× in the training data: r · p.js:1-3',
  ]);
  assert.deepEqual(await closest('far', ['x\ny\nz']), [
    'Closest   No sample has even 3 lines in a row that the training data has.',
  ]);
  assert.deepEqual(await closest('short', ['a\n\nb', '\n']), [
    'Closest   No sample has even 3 lines in a row that the training data has.',
  ]);
});

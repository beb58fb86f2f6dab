// The labels of docs/examples/labels against the rules: the figures of docs/taxonomy.md. The labelled fragments are
// taken out of the demo's corpus by their places, so that they are the same on every machine; as samples, they
// are found in it again.

import assert from 'node:assert/strict';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import type { LabelReport } from '../../../server/answers/labelling.ts';
import { cli, demoCorpus } from '../../support/cli.ts';
import { scratchFolder } from '../../support/scratch.ts';

const labels = join(import.meta.dirname, '../../../docs/examples/labels');
test('two readings agree, and the rules are as right as the taxonomy says', async () => {
  const folder = scratchFolder();
  const study = join(folder, 'labelled.sqlite');
  const samples = join(folder, 'samples.jsonl');
  writeFileSync(samples, labelledTexts().join(''));
  await run('scan', '--samples', samples, '--corpus', demoCorpus, '--out', study);
  const later = join(folder, 'later.sqlite');
  copyFileSync(study, later);

  const report = await label(study, ['first-reading', 'second-reading']);
  const [pair] = report.agreement;
  assert.deepEqual([pair!.n, pair!.kappa!.value.toFixed(3)], [150, '0.946']);
  assert.equal(report.disputed.length, 5);
  assert.equal(rightOf(report), '140 of 145');
  assert.deepEqual(
    report.precision.map(({ label, n, precision }) => [label, Math.round(n * precision.value), n]),
    [
      ['boilerplate', 3, 3],
      ['configuration', 3, 3],
      ['documentation', 68, 69],
      ['imports', 6, 6],
      ['license', 2, 2],
      ['logic', 57, 61],
      ['tests', 1, 1],
    ],
  );
  // Fragments that were read after the rules had been changed for the last time.
  assert.equal(rightOf(await label(later, ['later-reading'])), '65 of 70');
});

async function label(study: string, names: readonly string[]): Promise<LabelReport> {
  for (const name of names) await run('label', 'add', study, join(labels, `${name}.jsonl`));
  return JSON.parse(await run('label', 'agreement', study, '--json')) as LabelReport;
}

const rightOf = ({ accuracy }: LabelReport) =>
  `${Math.round(accuracy!.share.value * accuracy!.n)} of ${accuracy!.n}`;

async function run(...args: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await cli(...args);
  assert.equal(exitCode, 0, stderr);
  return stdout;
}

/** The fragments' raw lines, a JSON string a line. */
function labelledTexts(): readonly string[] {
  const shards = new Map<string, readonly string[]>();
  const rowsOf = (shard: string) => {
    const known = shards.get(shard);
    if (known) return known;
    const rows = gunzipSync(readFileSync(join(demoCorpus, shard)))
      .toString()
      .split('\n');
    shards.set(shard, rows);
    return rows;
  };
  return readFileSync(join(labels, 'places.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => {
      const { shard, row, firstLine, lastLine } = JSON.parse(line) as {
        readonly shard: string;
        readonly row: number;
        readonly firstLine: number;
        readonly lastLine: number;
      };
      const { content } = JSON.parse(rowsOf(shard)[row]!) as { readonly content: string };
      return `${JSON.stringify(
        content
          .split(/\r\n|\r|\n/)
          .slice(firstLine - 1, lastLine)
          .join('\n'),
      )}\n`;
    });
}

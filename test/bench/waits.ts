// `npm run bench -- waits`: what a person waits for outside of the editor (`ui` and `index` measure what is inside), each in
// a process of its own and beside the limit that it is held against.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportStudy } from '../../server/formats/published/export-study.ts';
import { findMemorised } from '../../server/queries/find-memorised.ts';
import { openForReading } from '../../server/store/study-file.ts';
import { seedStudy, studyFile } from './analysis-study.ts';
import { type Cost, measure, round } from './measure-command.ts';
import { seedMillion } from './ui-study.ts';

const ROOT = join(import.meta.dirname, '../..');
const CLI = join(ROOT, 'dist/cli.js');
const N_RUNS = 5;

interface Limit {
  /** Seconds of the clock, of the processor, and megabytes; what is left out is not held against anything. */
  readonly seconds?: number;
  readonly processorSeconds?: number;
  readonly peakMB?: number;
}

export async function run(emit: (figure: object) => void): Promise<void> {
  const scratch = mkdtempSync(join(tmpdir(), 'verbatim-waits-'));
  const tell = (figure: string, cost: Partial<Cost>, limit: Limit) => emit({ figure, ...cost, limit });
  try {
    tell('node -e "" (the reference)', best(scratch, ['-e', '']), {});
    tell('--help', best(scratch, [CLI, '--help']), { seconds: 0.25 });
    tell('scan of nothing', best(scratch, scanOfNothing(scratch)), { processorSeconds: 0.5 });
    tell('first line of progress', { seconds: await firstProgress(scratch) }, { seconds: 1 });
    const million = seedMillion();
    tell('Find Memorised Code, 6 kB, a million fragments', await findIn(million), { seconds: 0.3 });
    tell('report of a million fragments', measure(scratch, [CLI, 'report', million]), { seconds: 10 });
    tell('import of 20,000 samples with 5 million places', await importLarge(scratch), {
      seconds: 5,
      peakMB: 300,
    });
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** The quickest of some: what others do on the machine only ever adds. */
const best = (scratch: string, args: readonly string[]): Cost =>
  Array.from({ length: N_RUNS }, () => {
    rmSync(join(scratch, 'nothing.sqlite'), { force: true });
    return measure(scratch, args);
  }).reduce((a, b) => (a.processorSeconds <= b.processorSeconds ? a : b));

function scanOfNothing(scratch: string): readonly string[] {
  const corpus = join(scratch, 'corpus');
  const samples = join(scratch, 'samples.jsonl');
  mkdirSync(corpus, { recursive: true });
  writeFileSync(join(corpus, 'one.jsonl'), `${JSON.stringify({ content: 'x = 1\n' })}\n`);
  writeFileSync(samples, `${JSON.stringify('y = 2\n')}\n`);
  const out = join(scratch, 'nothing.sqlite');
  return [CLI, 'scan', '--corpus', corpus, '--samples', samples, '--out', out];
}

/** From the start of the demo study to the first words about it. */
async function firstProgress(scratch: string): Promise<number> {
  const startedAt = performance.now();
  const demo = spawn(process.execPath, [CLI, 'demo', '--out', join(scratch, 'demo.sqlite')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = once(demo, 'exit');
  await once(demo.stderr, 'data');
  const seconds = (performance.now() - startedAt) / 1000;
  demo.kill('SIGKILL');
  await ended;
  return round(seconds);
}

/** Words of this file, and lines of a fragment, as a person pastes them. */
async function findIn(study: string): Promise<Partial<Cost>> {
  const text = `${readFileSync(import.meta.filename, 'utf8').slice(0, 5500)}\n${fragmentOf(study)}`;
  const signal = new AbortController().signal;
  const costs: number[] = [];
  for (let i = 0; i < N_RUNS; i++) {
    const startedAt = performance.now();
    const { nFragments, unsearched } = await findMemorised([study], text, signal);
    costs.push((performance.now() - startedAt) / 1000);
    if (nFragments < 1e6 || unsearched.length > 0) throw new Error('Not all fragments were looked through');
  }
  return { seconds: round(Math.min(...costs)) };
}

function fragmentOf(study: string): string {
  using db = openForReading(study);
  const row = db.prepare('SELECT text FROM fragments WHERE fragment_id = 500000').get();
  return new TextDecoder().decode(row?.text as Uint8Array);
}

async function importLarge(scratch: string): Promise<Cost> {
  seedStudy();
  const folder = join(scratch, 'published');
  {
    using db = openForReading(studyFile);
    await exportStudy(db, folder, 'masked');
  }
  return measure(scratch, [CLI, 'import', folder, '--out', join(scratch, 'imported.sqlite')]);
}

// `npm run bench -- ui`: the extension in the real VS Code with a study of a million fragments: activation, the
// first page, scrolling on, each grouping and filter, and the memory of the extension host and of the server.

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { runSuite } from '../host/run-suite.ts';
import { N_FRAGMENTS, seedMillion } from './ui-study.ts';

const ROOT = join(import.meta.dirname, '..', '..');

export async function run(emit: (figure: object) => void): Promise<void> {
  spawnSync(process.execPath, ['test/host/setup.mjs'], { cwd: ROOT, stdio: 'inherit' });
  const study = seedMillion();
  const figures = join(ROOT, '.cache', 'ui-figures.jsonl');
  const quiet = new Writable({ write: (_chunk, _encoding, done) => done() });
  const env = { VERBATIM_BENCH_STUDY: study, VERBATIM_BENCH_FIGURES: figures };
  const { events, failure } = await runSuite(quiet, { env });
  for await (const event of events) {
    if (event.kind === 'ended' && event.error !== null) throw new Error(`${event.name}: ${event.error}`);
  }
  const why = await failure;
  if (why !== null) throw new Error(why);
  emit({ figure: 'study', fragments: N_FRAGMENTS });
  for (const line of readFileSync(figures, 'utf8').trim().split('\n')) emit(JSON.parse(line));
}

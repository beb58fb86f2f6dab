// The demo's study, made once and copied to whoever looks at one: sampling it takes far longer than all that is tested
// of it. It lies in .cache under a digest of whatever decides it, so that a change anywhere has it made anew.

import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  globSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { tryLock } from '../../server/file-lock.ts';
import { demoPlan } from '../../server/plan/demo-plan.ts';
import { productFolder } from '../../server/product-folder.ts';
import { forgetShards } from '../../server/store/shards-table.ts';
import { forgetStage } from '../../server/store/stages-table.ts';
import { openForWriting, transact } from '../../server/store/study-file.ts';
import { setState } from '../../server/store/study-table.ts';
import { runStudy } from '../../server/study/run-study.ts';
import { DEMO_CORPUS, DEMO_MODEL } from './demo.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const CACHE = join(ROOT, '.cache', 'demo-study');

/** Puts the demo's complete study there, as the demo's button would have made it. */
export async function copyDemoStudy(to: string): Promise<void> {
  mkdirSync(dirname(to), { recursive: true });
  copyFileSync(await cachedStudy(), to);
}

/** Puts a demo there that was paused when it had made so many of its 256 samples; nothing is scanned. */
export async function copyPausedDemo(to: string, nSamples: number): Promise<void> {
  await copyDemoStudy(to);
  const db = openForWriting(to);
  try {
    transact(db, () => {
      db.prepare('DELETE FROM samples WHERE sample_id >= ?').run(nSamples);
      forgetShards(db);
      forgetStage(db, 'analyse');
      setState(db, 'cancelled', null);
    });
  } finally {
    db.close();
  }
}

async function cachedStudy(): Promise<string> {
  const file = join(CACHE, `${digest()}.sqlite`);
  while (!existsSync(file)) {
    using lock = tryLock(file);
    if (lock === undefined) await delay(200);
    else if (!existsSync(file)) await make(file);
  }
  return file;
}

async function make(file: string): Promise<void> {
  for (const name of readdirSync(CACHE)) {
    if (name.endsWith('.sqlite') && name !== file) rmSync(join(CACHE, name), { force: true });
  }
  const unfinished = join(CACHE, 'unfinished', 'demo.sqlite');
  rmSync(dirname(unfinished), { recursive: true, force: true });
  await runStudy({
    file: unfinished,
    plan: demoPlan(productFolder()),
    execution: { provider: 'cpu', batch: 'auto', workers: 'auto' },
    upTo: 'analyse',
    signal: new AbortController().signal,
    report: () => {},
  });
  renameSync(unfinished, file);
}

/** Sources by their content; model and training data, which sources check, by their sizes and times. */
function digest(): string {
  const hash = createHash('sha256');
  for (const pattern of ['server/**/*.ts', 'server/**/*.wasm', 'protocol/**/*.ts', 'guard/**/*.ts']) {
    for (const name of globSync(pattern, { cwd: ROOT }).sort()) {
      hash.update(`${name}\0`).update(readFileSync(join(ROOT, name)));
    }
  }
  for (const folder of [DEMO_MODEL, DEMO_CORPUS]) {
    for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()) {
      const { size, mtimeMs } = statSync(join(folder, name));
      hash.update(`${join(folder, name)}\0${size}\0${mtimeMs}\0`);
    }
  }
  return hash.digest('hex').slice(0, 32);
}

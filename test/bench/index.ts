// What an index costs and what it saves, against a scan of the same corpus and ripgrep over the same texts in the same run.
// Scan, build and addition are measured three times in turns: the least time, and the most memory.
// `VERBATIM_BENCH_BYTES` is the size of the corpus; a quarter of it is measured, too, to show growth.

import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { folder, gzipped, jsonLines, rows, sizeOf } from './corpus-data.ts';
import { measureLong } from './index-long.ts';
import { type Cost, measure } from './index-measure.ts';
import { jscpd, ripgrep } from './index-peers.ts';

type Emit = (figure: object) => void;

const BYTES = Number(process.env.VERBATIM_BENCH_BYTES ?? 2e9);
const ROOT = join(import.meta.dirname, '..', '..');
const work = join(folder, 'index-work');
const cli = join(ROOT, 'dist', 'cli.js');
const round = (n: number) => Math.round(n * 1000) / 1000;

/** With `--long`, at the size of the field and nothing else. */
export async function run(emit: Emit, { isLong }: { readonly isLong: boolean }): Promise<void> {
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work, { recursive: true });
  const texts = [...knownTexts()];
  const queries = writeQueries(texts);
  try {
    if (isLong) await measureLong(emit, work, queries);
    else await measureShort(emit, texts, queries);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function measureShort(emit: Emit, texts: readonly string[], queries: readonly string[]) {
  for (const nBytes of [BYTES / 4, BYTES]) {
    for (const form of [jsonLines, gzipped]) await measureForm(emit, form, nBytes, queries);
  }
  ripgrep(emit, await jsonLines(BYTES), texts[0]!);
  await jscpd(emit, work, texts);
  await inEditor(emit, texts);
}

async function measureForm(emit: Emit, form: typeof jsonLines, nBytes: number, queries: readonly string[]) {
  const shard = await form(nBytes);
  const index = join(work, `${form.name}-${nBytes}`);
  const textBytes = sizeOf(await jsonLines(nBytes));
  const [query] = queries;
  const { scan, build } = inTurns({
    scan: () => measure('scan', query!, shard),
    build: () => {
      rmSync(index, { recursive: true, force: true });
      return measure('build', index, shard);
    },
  });
  const size = readdirSync(index).reduce((sum, name) => sum + statSync(join(index, name)).size, 0);
  const figure = { format: form.name, textBytes };
  emit({
    ...figure,
    name: 'build',
    megabytesASecondOfCore: round(textBytes / 1e3 / build.cpuMs),
    ofScan: round(build.cpuMs / scan.cpuMs),
    maxRssBytes: build.maxRssBytes,
  });
  emit({ ...figure, name: 'size', ofText: round(size / textBytes), nBytes: size });
  const check = measure<{
    coldMs: number;
    warmMs: number;
    thousandMs: number;
    nMatches: number;
    nDocumentsOpened: number;
  }>('check', index, ...queries);
  const { coldMs, warmMs, thousandMs, nMatches, nDocumentsOpened, maxRssBytes } = check;
  emit({
    ...figure,
    name: 'check',
    coldMs: round(coldMs),
    warmMs: round(warmMs),
    nMatches,
    nDocumentsOpened,
    maxRssBytes,
  });
  emit({
    ...figure,
    name: 'a thousand files',
    ms: round(thousandMs),
    timesAsFastAsScans: round((1000 * scan.elapsedMs) / thousandMs),
  });
  const fresh = leastMs(() => spawnSync(process.execPath, [cli, 'index', 'check', index, query!]));
  const alone = leastMs(() => spawnSync(process.execPath, ['-e', '']));
  emit({ ...figure, name: 'fresh command', ms: round(fresh), ofNodeAlone: round(fresh / alone) });
  const hundredth = await form(nBytes / 100);
  const copy = `${index}-added-to`;
  const { add } = inTurns({
    add: () => {
      rmSync(copy, { recursive: true, force: true });
      cpSync(index, copy, { recursive: true });
      return measure('build', copy, shard, hundredth);
    },
  });
  emit({ ...figure, name: 'adding 1 %', ofBuild: round(add.cpuMs / build.cpuMs) });
}

const N_ROUNDS = 3;

/** Each round asks for all of them, so that all meet the same moments of the machine; the least of each is told. */
function inTurns<K extends string>(works: Readonly<Record<K, () => Cost>>): Record<K, Cost> {
  const least = {} as Record<K, Cost>;
  for (let round = 0; round < N_ROUNDS; round++) {
    for (const [name, work] of Object.entries(works) as [K, () => Cost][]) {
      const cost = work();
      const before = least[name] ?? cost;
      least[name] = {
        cpuMs: Math.min(before.cpuMs, cost.cpuMs),
        elapsedMs: Math.min(before.elapsedMs, cost.elapsedMs),
        maxRssBytes: Math.max(before.maxRssBytes, cost.maxRssBytes),
      };
    }
  }
  return least;
}

function leastMs(work: () => void): number {
  const times = Array.from({ length: N_ROUNDS }, () => {
    const at = performance.now();
    work();
    return performance.now() - at;
  });
  return Math.min(...times);
}

const N_QUERIES = 50;

/** Twenty lines each of rows from all over the smaller corpus. */
function* knownTexts(): Generator<string> {
  const nBytes = BYTES / 4;
  let at = 0;
  let n = 1;
  for (const { content } of rows(nBytes)) {
    at += content.length;
    if (at < (n * nBytes) / (N_QUERIES + 1) || n > N_QUERIES) continue;
    n++;
    yield content.split('\n').slice(40, 60).join('\n');
  }
}

/** Files of 500 lines, each with such a text and nothing else of the corpus. */
function writeQueries(texts: readonly string[]): readonly string[] {
  return texts.map((text, n) => {
    const lines = Array.from({ length: 480 }, (_, i) => `own ${n} ${i * 7919}`);
    lines.splice(200, 0, text);
    const file = join(work, `query-${n}.py`);
    writeFileSync(file, lines.join('\n'));
    return file;
  });
}

/** From an edit to its marks in the real editor, with the index of each form of the whole corpus. */
async function inEditor(emit: Emit, texts: readonly string[]): Promise<void> {
  const editor = await import('../host/run-suite.ts').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
    emit({ name: 'edit to mark', missing: error.message });
  });
  if (!editor) return;
  spawnSync(process.execPath, ['test/host/setup.mjs'], { cwd: ROOT, stdio: 'inherit' });
  const [textsFile, figures] = [join(work, 'texts.jsonl'), join(work, 'figures.jsonl')];
  writeFileSync(textsFile, texts.map((text) => `${JSON.stringify(text)}\n`).join(''));
  for (const { name } of [jsonLines, gzipped]) {
    rmSync(figures, { force: true });
    const env = {
      VERBATIM_BENCH_INDEX: join(work, `${name}-${BYTES}`),
      VERBATIM_BENCH_TEXTS: textsFile,
      VERBATIM_BENCH_FIGURES: figures,
    };
    const quiet = new Writable({ write: (_chunk, _encoding, done) => done() });
    const { events, failure } = await editor.runSuite(quiet, { env });
    for await (const event of events)
      if (event.kind === 'ended' && event.error !== null) throw new Error(event.error);
    const why = await failure;
    if (why !== null) throw new Error(why);
    emit({ format: name, ...JSON.parse(readFileSync(figures, 'utf8')) });
  }
}

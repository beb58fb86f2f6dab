// What an index costs and what it saves, against a scan of the same corpus and ripgrep over the same texts in the same run.
// `VERBATIM_BENCH_BYTES` is the size of the corpus; a quarter of it is measured, too, to show growth.

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { runSuite } from '../host/run-suite.ts';
import { folder, gzipped, jsonLines, rows, sizeOf } from './corpus-data.ts';

type Emit = (figure: object) => void;

const BYTES = Number(process.env.VERBATIM_BENCH_BYTES ?? 2e9);
const ROOT = join(import.meta.dirname, '..', '..');
const work = join(folder, 'index-work');
const child = join(import.meta.dirname, 'index-child.ts');
const cli = join(ROOT, 'dist', 'cli.js');
const round = (n: number) => Math.round(n * 1000) / 1000;

interface Cost {
  readonly cpuMs: number;
  readonly elapsedMs: number;
  readonly maxRssBytes: number;
}

const run1 = <T extends object>(...args: string[]): Cost & T =>
  JSON.parse(
    execFileSync(process.execPath, [child, ...args], {
      encoding: 'utf8',
      maxBuffer: 1 << 26,
      // Threads start from the bundles, as a user's do.
      env: { ...process.env, VERBATIM_BUNDLES: join(ROOT, 'dist') },
    }),
  );

export async function run(emit: Emit): Promise<void> {
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work, { recursive: true });
  const texts = [...knownTexts()];
  const queries = writeQueries(texts);
  for (const nBytes of [BYTES / 4, BYTES]) {
    for (const form of [jsonLines, gzipped]) await measure(emit, form, nBytes, queries);
  }
  ripgrep(emit, await jsonLines(BYTES));
  await inEditor(emit, texts);
  rmSync(work, { recursive: true, force: true });
}

async function measure(emit: Emit, form: typeof jsonLines, nBytes: number, queries: readonly string[]) {
  const shard = await form(nBytes);
  const index = join(work, `${form.name}-${nBytes}`);
  const textBytes = sizeOf(await jsonLines(nBytes));
  const [query] = queries;
  const scan = run1('scan', query!, shard);
  const build = run1('build', index, shard);
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
  const check = run1<{
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
  const at = performance.now();
  spawnSync(process.execPath, [cli, 'index', 'check', index, query!]);
  emit({
    ...figure,
    name: 'fresh command',
    ms: round(performance.now() - at),
    ofNodeAlone: round((performance.now() - at) / nodeAlone()),
  });
  const hundredth = await form(nBytes / 100);
  const add = run1('build', index, shard, hundredth);
  emit({ ...figure, name: 'adding 1 %', ofBuild: round(add.cpuMs / build.cpuMs) });
}

function nodeAlone(): number {
  const at = performance.now();
  spawnSync(process.execPath, ['-e', '']);
  return performance.now() - at;
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

/** Its fixed-string search for six lines, over the rows as they stand in the file. */
function ripgrep(emit: Emit, shard: string): void {
  const [{ content } = { content: '' }] = rows(1);
  const six = JSON.stringify(content.split('\n').slice(40, 46).join('\n')).slice(1, -1);
  const at = performance.now();
  const { status } = spawnSync('rg', ['-c', '-F', '--', six, shard]);
  const ms = round(performance.now() - at);
  emit({ name: 'ripgrep', ...(status === null ? { missing: true } : { ms, textBytes: sizeOf(shard) }) });
}

/** From an edit to its marks in the real editor, with the index of each form of the whole corpus. */
async function inEditor(emit: Emit, texts: readonly string[]): Promise<void> {
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
    const { events, failure } = await runSuite(quiet, { env });
    for await (const event of events)
      if (event.kind === 'ended' && event.error !== null) throw new Error(event.error);
    const why = await failure;
    if (why !== null) throw new Error(why);
    emit({ format: name, ...JSON.parse(readFileSync(figures, 'utf8')) });
  }
}

// What reading a corpus costs, each against the plain tool for the job in the same run: formats against gzip,
// zstd, cat and a native Parquet reader, fetching against curl, reopening a document, and memory.

import { execFileSync, fork, spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { readBytes } from '../../server/corpus/byte-stream.ts';
import { readDocuments } from '../../server/corpus/read-documents.ts';
import { reopenRow } from '../../server/corpus/reopen-row.ts';
import type { RestartPoint } from '../../server/corpus/restart-point.ts';
import { listShards } from '../../server/corpus/shard.ts';
import { downloadFile } from '../../server/hub/download-file.ts';
import { hubFetch } from '../../server/hub/hub-fetch.ts';
import { hubSettings } from '../../server/hub-settings.ts';
import { folder, gzipped, jsonLines, parquet, sizeOf, sourceTree, zstandard } from './corpus-data.ts';

type Emit = (figure: object) => void;

const SMALL_BYTES = 100e6;
const LARGE_BYTES = 1000e6;
const ROUNDS = 3;
const signal = new AbortController().signal;
const round = (n: number) => Math.round(n * 100) / 100;
const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1]!;

export async function run(emit: Emit): Promise<void> {
  await formats(emit);
  await fetching(emit);
  await reopening(emit);
  await memory(emit);
}

interface Cost {
  readonly nBytes: number;
  readonly cpuMs: number;
  readonly elapsedMs: number;
  readonly maxRssBytes: number;
}

const readOnce = (path: string, ...more: string[]): Cost =>
  JSON.parse(
    execFileSync(process.execPath, [join(import.meta.dirname, 'corpus-read.ts'), path, ...more], {
      encoding: 'utf8',
    }),
  );

/** CPU time of a command, in ms; undefined when it is not installed. */
function commandCpuMs(command: string): number | undefined {
  const { status, stderr } = spawnSync('bash', ['-c', `TIMEFORMAT='%U %S'; time ${command}`], {
    encoding: 'utf8',
  });
  if (status !== 0) return undefined;
  const [user = 0, system = 0] = stderr.trim().split('\n').at(-1)!.split(' ').map(Number);
  return (user + system) * 1000;
}

/** Megabytes of decompressed data a second of one core, ours and the reference's in turn. */
async function formats(emit: Emit): Promise<void> {
  const arrow = (path: string) =>
    `${process.env.PYTHON ?? 'python3'} -c "import pyarrow.parquet as p; p.read_table('${path}', use_threads=False)"`;
  const start = commandCpuMs(`${process.env.PYTHON ?? 'python3'} -c "import pyarrow.parquet"`) ?? 0;
  const cases: readonly (readonly [string, string, (path: string) => string, number])[] = [
    ['jsonl', await jsonLines(SMALL_BYTES), (path) => `cat ${path} | cat > /dev/null`, 0],
    ['json.gz', await gzipped(SMALL_BYTES), (path) => `gzip -dc ${path} > /dev/null`, 0],
    ['jsonl.zst', await zstandard(SMALL_BYTES), (path) => `zstd -dcq ${path} > /dev/null`, 0],
    ['parquet', await parquet(SMALL_BYTES), arrow, start],
    [
      'folder',
      await sourceTree(SMALL_BYTES),
      (path) => `find ${path} -type f -print0 | xargs -0 cat | cat > /dev/null`,
      0,
    ],
  ];
  for (const [format, path, reference, startMs] of cases) {
    const ours: number[] = [];
    const theirs: number[] = [];
    for (let i = 0; i < ROUNDS; i++) {
      const { nBytes, cpuMs } = readOnce(path);
      ours.push(nBytes / 1e3 / cpuMs);
      const referenceMs = commandCpuMs(reference(path));
      if (referenceMs !== undefined) theirs.push(nBytes / 1e3 / Math.max(1, referenceMs - startMs));
    }
    const figure = { figure: 'read', format, megabytesPerCoreSecond: round(median(ours)) };
    if (theirs.length === 0) emit({ ...figure, reference: null });
    else
      emit({
        ...figure,
        reference: format === 'parquet' ? 'pyarrow' : reference('FILE'),
        referenceMegabytesPerCoreSecond: round(median(theirs)),
        ratio: round(median(ours) / median(theirs)),
      });
  }
}

const FETCH_BYTES = 400e6;

/** One large file from a server on this machine, against curl, which checks no hash, and with a check. */
async function fetching(emit: Emit): Promise<void> {
  const server = fork(join(import.meta.dirname, 'corpus-serve.ts'), [String(FETCH_BYTES)]);
  try {
    const { endpoint, commit, file } = await new Promise<{
      endpoint: string;
      commit: string;
      file: { path: string; nBytes: number; hash: string };
    }>((resolve) => server.once('message', resolve as never));
    const ours: number[] = [];
    const unchecked: number[] = [];
    const checked: number[] = [];
    for (let i = 0; i < ROUNDS; i++) {
      const home = join(folder, 'home');
      rmSync(home, { recursive: true, force: true });
      const settings = hubSettings({ HF_ENDPOINT: endpoint, HF_HOME: home });
      const repo = { kind: 'model', repository: 'owner/name' } as const;
      let startedAt = performance.now();
      await downloadFile({
        settings,
        fetch: hubFetch(settings, { signal }),
        repo,
        commit,
        file,
        signal,
        onBytes: () => {},
      });
      ours.push(FETCH_BYTES / 1e3 / (performance.now() - startedAt));
      const url = `${endpoint}/owner/name/resolve/${commit}/${file.path}`;
      const path = join(home, 'curl');
      for (const [command, speeds] of [
        [`curl -sL -o ${path} ${url}`, unchecked],
        [`curl -sL ${url} | tee ${path} | sha256sum`, checked],
      ] as const) {
        startedAt = performance.now();
        const { status } = spawnSync('bash', ['-c', command]);
        if (status === 0) speeds.push(FETCH_BYTES / 1e3 / (performance.now() - startedAt));
      }
      rmSync(home, { recursive: true, force: true });
    }
    for (const [reference, speeds] of [
      ['curl, hash not checked', unchecked],
      ['curl | sha256sum', checked],
    ] as const) {
      emit({
        figure: 'fetch',
        megabytesPerSecond: round(median(ours)),
        reference,
        referenceMegabytesPerSecond: speeds.length > 0 ? round(median(speeds)) : null,
        ratio: speeds.length > 0 ? round(median(ours) / median(speeds)) : null,
      });
    }
  } finally {
    server.kill();
  }
}

/** One document from the middle of a shard of 1 GB, and what noting the restart points costs a scan. */
async function reopening(emit: Emit): Promise<void> {
  const path = await gzipped(LARGE_BYTES);
  const [shard] = listShards([path]);
  const points: RestartPoint[] = [];
  const options = { signal, onBytes: () => {}, onProblem: () => {} };
  for await (const _ of readBytes(shard!, { ...options, onRestartPoint: (point) => points.push(point) })) {
    // Only the points matter.
  }
  const wanted: { row: number; byteOffset: number; text: Buffer }[] = [];
  for await (const document of readDocuments(listShards([await jsonLines(LARGE_BYTES)])[0]!, options)) {
    if (document.row % 6000 === 5000)
      wanted.push({ row: document.row, byteOffset: document.byteOffset, text: Buffer.from(document.text) });
  }
  const times: number[] = [];
  for (const { row, byteOffset, text } of wanted) {
    const restart = points.findLast((point) => point.byteOffset <= byteOffset);
    const startedAt = performance.now();
    const found = await reopenRow(shard!, { row, byteOffset, path: '' }, restart, signal);
    times.push(performance.now() - startedAt);
    if (!found || !text.equals(found)) throw new Error(`Row ${row} came out wrong`);
  }
  const last = wanted.at(-1)!;
  const startedAt = performance.now();
  await reopenRow(shard!, { ...last, path: '' }, undefined, signal);
  emit({
    figure: 'reopen',
    shardBytes: sizeOf(path),
    decompressedBytes: sizeOf(await jsonLines(LARGE_BYTES)),
    nDocuments: wanted.length,
    medianMs: round(median(times)),
    maxMs: round(Math.max(...times)),
    withoutRestartPointsMs: round(performance.now() - startedAt),
    nRestartPoints: points.length,
    indexBytes: points.reduce((sum, { window }) => sum + window.length, 0),
  });
  const plain: number[] = [];
  const noting: number[] = [];
  for (let i = 0; i < ROUNDS; i++) {
    plain.push(readOnce(path).cpuMs);
    noting.push(readOnce(path, 'index').cpuMs);
  }
  emit({ figure: 'restart points', scanCostRatio: round(median(noting) / median(plain)) });
}

/** Peak memory of a process that reads ten times as much. */
async function memory(emit: Emit): Promise<void> {
  for (const [format, make] of [
    ['json.gz', gzipped],
    ['jsonl.zst', zstandard],
    ['parquet', parquet],
  ] as const) {
    // Making a large Parquet file takes more memory than reading it: half the size will do.
    const large = format === 'parquet' ? LARGE_BYTES / 2 : LARGE_BYTES;
    const small = readOnce(await make(SMALL_BYTES)).maxRssBytes;
    const grown = readOnce(await make(large)).maxRssBytes;
    emit({
      figure: 'peak memory',
      format,
      megabytes: round(small / 1e6),
      timesTheData: large / SMALL_BYTES,
      megabytesThen: round(grown / 1e6),
    });
  }
}

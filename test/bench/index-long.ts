// `npm run bench -- index --long`: an index of 50 GB of text (`VERBATIM_BENCH_LONG_BYTES`), and of a tenth and a hundredth of it, to see
// how time, size and memory grow, and what adding a shard of 0.5 GB costs. It takes that much of the disk while it runs.

import { closeSync, openSync, readdirSync, readSync, rmSync, statfsSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { jsonLines, sizeOf } from './corpus-data.ts';
import { measure } from './index-measure.ts';

const BYTES = Number(process.env.VERBATIM_BENCH_LONG_BYTES ?? 50e9);
const SHARD_BYTES = 5e8;
const PIECE_BYTES = 1 << 20;

interface Check {
  readonly coldMs: number;
  readonly warmMs: number;
  readonly thousandMs: number;
}

export async function measureLong(
  emit: (figure: object) => void,
  work: string,
  queries: readonly string[],
): Promise<void> {
  const base = await jsonLines(SHARD_BYTES);
  const nShards = Math.max(1, Math.round(BYTES / sizeOf(base)));
  const { bavail, bsize } = statfsSync(work);
  const needed = 1.2 * BYTES;
  if (bavail * bsize < needed)
    throw new Error(`${needed} bytes of disk are needed, and ${bavail * bsize} are free`);
  const shards = Array.from({ length: nShards }, (_, n) =>
    rewritten(base, join(work, `shard-${n}.jsonl`), n),
  );
  for (const part of [0.01, 0.1, 1]) {
    const some = shards.slice(0, Math.max(1, Math.round(part * nShards)));
    const textBytes = some.reduce((sum, shard) => sum + sizeOf(shard), 0);
    const index = join(work, `index-${part}`);
    const build = measure('build', index, ...some);
    const scan = measure('scan', queries[0]!, ...some);
    const size = readdirSync(index).reduce((sum, name) => sum + statSync(join(index, name)).size, 0);
    const check = measure<Check>('check', index, ...queries);
    emit({
      ...{ name: 'long', textBytes, nShards: some.length },
      cpuMsAGigabyte: Math.round(build.cpuMs / (textBytes / 1e9)),
      ofScan: Math.round((100 * build.cpuMs) / scan.cpuMs) / 100,
      buildElapsedMs: Math.round(build.elapsedMs),
      buildMaxRssBytes: build.maxRssBytes,
      ofText: Math.round((1e4 * size) / textBytes) / 1e4,
      coldMs: Math.round(check.coldMs),
      warmMs: Math.round(10 * check.warmMs) / 10,
      thousandMs: Math.round(check.thousandMs),
      checkMaxRssBytes: check.maxRssBytes,
    });
    const more = rewritten(base, join(work, 'more.jsonl'), nShards);
    const add = measure('build', index, ...some, more);
    emit({
      ...{ name: 'long, adding', textBytes, addedShare: Math.round((1e4 * sizeOf(more)) / textBytes) / 1e4 },
      ofBuild: Math.round((1e4 * add.cpuMs) / build.cpuMs) / 1e4,
    });
    rmSync(more);
    rmSync(index, { recursive: true });
  }
}

/** Writes the text with other digits, so other lines; the first shard has its own. */
function rewritten(base: string, path: string, n: number): string {
  const digits = [...'0123456789'];
  for (let i = 9, rest = n; i > 0; i--) {
    const j = i - (rest % (i + 1));
    rest = Math.floor(rest / (i + 1));
    [digits[i], digits[j]] = [digits[j]!, digits[i]!];
  }
  const table = Uint8Array.from({ length: 256 }, (_, byte) => byte);
  for (const [i, digit] of digits.entries()) table[0x30 + i] = digit.charCodeAt(0);
  const [from, to] = [openSync(base, 'r'), openSync(path, 'w')];
  const piece = Buffer.alloc(PIECE_BYTES);
  for (let nRead = readSync(from, piece); nRead > 0; nRead = readSync(from, piece)) {
    for (let i = 0; i < nRead; i++) piece[i] = table[piece[i]!]!;
    writeSync(to, piece, 0, nRead);
  }
  closeSync(from);
  closeSync(to);
  return path;
}

// What the detector's bench works on, made once in a cache folder from the real source trees of this machine:
// shards in the form of `codeparrot-clean`, and samples that look like a model's.

import { createHash } from 'node:crypto';
import {
  createWriteStream,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { seededRandom } from '../oracle/seeded-random.ts';

export const cacheFolder = join(import.meta.dirname, '../../.cache/bench-detector');
const SHARD_BYTES = 500e6;

/** Folders with source code on a Debian or a developer's machine. */
const roots = [
  '/usr/lib',
  '/usr/share',
  '/usr/include',
  '/usr/local/lib',
  '/opt',
  join(homedir(), '.pyenv/versions'),
  join(import.meta.dirname, '../../node_modules'),
];
const kinds =
  /\.(py|js|mjs|ts|h|hpp|c|cc|cpp|pl|pm|rb|java|go|rs|el|php|sh|css|vim|json|xml|html|md|rst|txt)$/;

/** Python first; other languages only as far as they are needed. */
function listSources(): string[] {
  const found: string[] = [];
  const visit = (folder: string) => {
    let entries: ReturnType<typeof list>;
    try {
      entries = list(folder);
    } catch {
      return; // Not ours to read.
    }
    for (const entry of entries) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) visit(path);
      else if (entry.isFile() && kinds.test(entry.name)) found.push(path);
    }
  };
  for (const root of roots) if (existsSync(root)) visit(root);
  const rank = (path: string) =>
    path.endsWith('.py') ? 0 : /\.(js|ts|h|c|mjs|cpp|hpp|cc)$/.test(path) ? 1 : 2;
  const random = seededRandom(7);
  const keyed = found.sort().map((path) => ({ path, rank: rank(path), key: random(2 ** 31) }));
  return keyed.sort((a, b) => a.rank - b.rank || a.key - b.key).map(({ path }) => path);
}

const list = (folder: string) => readdirSync(folder, { withFileTypes: true });

/** Every twentieth file is kept out of the corpus: samples are made from them. */
const isHeldOut = (path: string) => createHash('md5').update(basename(path)).digest()[0]! < 13;

export interface BenchCorpus {
  /** Gzipped shards of at least 500 MB each. */
  readonly shards: readonly string[];
  /** The first shard's first 35 MB and 256 MB, not compressed. */
  readonly small: string;
  readonly plain: string;
  /** 1 × about 35 MB, then 0.1 × and 10 ×. */
  readonly samples: { readonly one: string; readonly tenth: string; readonly ten: string };
  /** Blocks of six and more lines of the first shard's beginning that were put into the samples. */
  readonly truth: string;
}

export async function makeCorpus(): Promise<BenchCorpus> {
  const at = (name: string) => join(cacheFolder, name);
  const corpus = {
    shards: [0, 1, 2, 3].map((i) => at(`shard-${i}.json.gz`)),
    small: at('small.jsonl'),
    plain: at('plain.jsonl'),
    samples: { one: at('samples-1.bin'), tenth: at('samples-0.1.bin'), ten: at('samples-10.bin') },
    truth: at('truth.json'),
  };
  if (existsSync(at('complete'))) return corpus;
  mkdirSync(cacheFolder, { recursive: true });
  const sources = listSources().filter((path) => !path.includes('bench-detector'));
  const ours = sources.filter((path) => !isHeldOut(path));
  let next = 0;
  const take = (nBytes: number): string[] => {
    const taken: string[] = [];
    for (let n = 0; n < nBytes; next++) {
      const path = ours[next % ours.length]!;
      taken.push(path);
      n += readText(path).length;
    }
    return taken;
  };
  const lists = corpus.shards.map(() => take(SHARD_BYTES));
  for (const [i, paths] of lists.entries()) {
    await pipeline(rowsOf(paths), createGzip({ level: 6 }), createWriteStream(`${corpus.shards[i]}.draft`));
    renameSync(`${corpus.shards[i]}.draft`, corpus.shards[i]!);
  }
  writeRows(corpus.small, lists[0]!, 35e6);
  writeRows(corpus.plain, lists[0]!, 256e6);
  const heldOut = sources.filter((path) => isHeldOut(path) && path.endsWith('.py'));
  const truth = makeSamples(corpus.samples.one, 35e6, heldOut, lists[0]!);
  writeFileSync(corpus.truth, JSON.stringify(truth));
  makeSamples(corpus.samples.tenth, 3.5e6, heldOut, lists[0]!);
  makeSamples(corpus.samples.ten, 350e6, heldOut, lists[0]!);
  writeFileSync(at('complete'), '');
  return corpus;
}

const readText = (path: string): string => {
  try {
    const text = readFileSync(path, 'utf8');
    return text.length > 1e6 || text.includes('\u0000') ? '' : text;
  } catch {
    return '';
  }
};

function* rowsOf(paths: readonly string[]): Generator<string> {
  for (const path of paths) {
    const content = readText(path);
    if (content !== '') yield rowOf(path, content);
  }
}

function rowOf(path: string, content: string): string {
  const lines = content.split('\n').map((line) => line.length);
  const row = {
    repo_name: path.split('/').slice(1, 6).join('/'),
    path,
    copies: '1',
    size: `${content.length}`,
    content,
    license: 'mit',
    hash: createHash('md5').update(content).digest('hex'),
    line_mean: lines.reduce((a, b) => a + b, 0) / lines.length,
    line_max: lines.reduce((a, b) => Math.max(a, b), 0),
    alpha_frac: 0.5,
    autogenerated: false,
  };
  return `${JSON.stringify(row)}\n`;
}

function writeRows(path: string, paths: readonly string[], nBytes: number): void {
  const parts: Buffer[] = [];
  let n = 0;
  for (const row of rowsOf(paths)) {
    const bytes = Buffer.from(row);
    parts.push(bytes);
    n += bytes.length;
    if (n >= nBytes) break;
  }
  writeFileSync(path, Buffer.concat(parts));
}

/**
 * Samples of about 1,750 bytes (512 tokens): lines of held-out files, every second one changed, as a model
 * does; in every tenth a block of 6 to 30 lines of one of the corpus's first files, word for word.
 */
function makeSamples(
  path: string,
  nBytes: number,
  heldOut: readonly string[],
  corpus: readonly string[],
): string[] {
  const random = seededRandom(11);
  const parts: Buffer[] = [];
  const truth: string[] = [];
  let n = 0;
  const linesOf = (file: string) => readText(file).split('\n');
  let own: string[] = [];
  let at = 0;
  while (n < nBytes) {
    let text = '';
    while (text.length < 1750) {
      if (at >= own.length) {
        own = linesOf(heldOut[random(heldOut.length)]!);
        at = 0;
      }
      const line = own[at++]!;
      text +=
        random(2) === 0 ? `${line}\n` : `${line.replace(/[a-z]{3,}/, (word) => `${word}_${random(1000)}`)}\n`;
    }
    if (random(10) === 0) {
      const block = blockOf(linesOf(corpus[random(1500)]!), random);
      if (block) {
        truth.push(block);
        text = `${text.slice(0, 400)}\n${block}\n`;
      }
    }
    const bytes = Buffer.from(text);
    const length = Buffer.alloc(4);
    length.writeUInt32LE(bytes.length);
    parts.push(length, bytes);
    n += bytes.length;
  }
  writeFileSync(path, Buffer.concat(parts));
  return truth;
}

/** Undefined where the file has no block that a person would call code. */
function blockOf(lines: readonly string[], random: (n: number) => number): string | undefined {
  const nLines = 6 + random(25);
  if (lines.length < nLines + 2) return undefined;
  const first = random(lines.length - nLines);
  const block = lines.slice(first, first + nLines);
  return block.every((line) => line.trim() !== '') ? block.join('\n') : undefined;
}

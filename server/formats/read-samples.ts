// Samples that were made elsewhere: JSON lines, a folder of numbered files, or the published study's merged
// `all`. Bytes are kept as they are; order and ids are the source's own.

import { statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { say } from '../../guard/text/say.ts';
import { UserError } from '../errors.ts';
import { decodeText } from '../text/decode-text.ts';
import { parseObject, parseString } from '../text/parse-json.ts';
import { ForeignFolder } from './foreign-folder.ts';
import { readNamedFile } from './named-file.ts';
import { asMergedFile, type MergedFile } from './published/layout.ts';
import { numberParts } from './published/merged-map.ts';
import { readMergedParts } from './published/merged-parts.ts';
import { asObject, parseJson, readTextBytes } from './text-file.ts';

export interface ImportedSample {
  readonly sampleId: number;
  /** The text, or the tokens that a tokenizer turns into it. */
  readonly content: { readonly text: Uint8Array } | { readonly tokens: readonly number[] };
  /** Whether it came to its own end or was cut, where the source says so. */
  readonly ended?: 'eos' | 'length';
}

/** `given`: the bytes of the file, where somebody read them already. */
export function readSamples(path: string, given?: Buffer): readonly ImportedSample[] {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) {
    throw new UserError(`There are no samples at ${path}`, {
      action: 'Name a .jsonl file, a folder of numbered files, a merged "all" file, or a study.',
    });
  }
  const merged = asMergedFile(path);
  const samples = stat.isDirectory()
    ? readNumberedFiles(path)
    : merged
      ? readMerged(path, merged)
      : readJsonLines(path, given);
  if (samples.length === 0) {
    throw new UserError(`${path} holds no samples`, { action: 'Check that it is the right file or folder.' });
  }
  refuseTwice(path, samples);
  return samples;
}

/** A sample's id is its name in the study and in every report. */
function refuseTwice(path: string, samples: readonly ImportedSample[]): void {
  const seen = new Set<number>();
  for (const { sampleId } of samples) {
    if (!Number.isSafeInteger(sampleId) || sampleId < 0) {
      throw new UserError(say`${path}: ${sampleId} is no number of a sample`, { action: NUMBERS });
    }
    if (seen.has(sampleId)) {
      throw new UserError(say`${path} has two samples ${sampleId}`, { action: NUMBERS });
    }
    seen.add(sampleId);
  }
}

const NUMBERS = 'Samples are numbered by whole numbers from 0, each used once.';

/** `1`, `2`, … or `1.py`, …: one output a file, in numeric order; the number is the id. */
function readNumberedFiles(path: string): ImportedSample[] {
  const folder = new ForeignFolder(path);
  return folder
    .names(path)
    .filter((name) => /^\d{1,15}(\.\w+)?$/.test(name))
    .map((name) => ({ name, sampleId: Number.parseInt(name, 10) }))
    .sort((a, b) => a.sampleId - b.sampleId)
    .map(({ name, sampleId }) => ({
      sampleId,
      content: { text: decodeText(folder.bytes(join(path, name))) },
    }));
}

/** A line is a string, `{"text": …}` or `{"tokens": […]}`; the line's number is the id. */
function readJsonLines(path: string, given: Buffer | undefined): ImportedSample[] {
  return linesOf(readTextBytes(path, 'The samples', given)).flatMap((line, i) =>
    line.every((byte) => byte <= 0x20)
      ? []
      : [{ sampleId: i, content: readJsonSample(line, `${path}:${i + 1}`) }],
  );
}

function linesOf(bytes: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  for (let from = 0; from <= bytes.length; ) {
    const lf = bytes.indexOf(0x0a, from);
    const end = lf < 0 ? bytes.length : lf;
    lines.push(bytes.subarray(from, end));
    from = end + 1;
  }
  return lines;
}

function readJsonSample(line: Buffer, where: string): ImportedSample['content'] {
  // A text is taken from its bytes, as those of the corpus are.
  const string = parseString(line);
  if (string) return { text: string };
  const values = parseObject(line);
  const given = values === 'not-json' ? undefined : values.get('text');
  if (given?.kind === 'string') return { text: given.bytes };
  const { tokens } = asObject(parseJson(line.toString(), where, LINES)) ?? {};
  if (Array.isArray(tokens) && tokens.every(isToken)) return { tokens };
  throw new UserError(say`${where} is no sample`, { action: LINES });
}

const LINES = 'Samples are JSON lines: a string, {"text": "…"} or {"tokens": [1, 2, …]} each.';

/** A token that a study can keep: a number of 32 bits. */
const isToken = (id: unknown) => Number.isInteger(id) && (id as number) >= 0 && (id as number) < 2 ** 32;

/** The published layout's merged file; ids come from the map beside it, or else count on from the name's first. */
function readMerged(path: string, merged: MergedFile): ImportedSample[] {
  // latin1 keeps every byte as one character, so nothing is replaced on the way through.
  const { parts, rest } = readMergedParts(readNamedFile(path).toString('latin1').split('\n'));
  if (rest.some((line) => line.trim() !== '')) {
    throw new UserError(`${path} ends without a separator`, {
      action: 'The file seems cut short: bring the whole one.',
    });
  }
  const numbers = numberParts(new ForeignFolder(dirname(path)), merged, parts, new Map());
  return parts.map(({ text }, i) => ({
    sampleId: numbers[i]!,
    content: { text: Buffer.from(text, 'latin1') },
  }));
}

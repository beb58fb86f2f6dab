// The samples in the published layout: one file each, the merged file, its map, and the prompts.

import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { PromptText } from '../../../protocol/study.ts';
import { maskRanges } from '../../analysis/sensitive.ts';
import type { Disclosure } from '../../answers/undisclosed.ts';
import { findSensitive } from '../../sensitive/find-sensitive.ts';
import { firstSampleId, readSampleTexts } from '../../store/samples-table.ts';
import type { Database } from '../../store/study-file.ts';
import type { ExportFolder } from './export-folder.ts';
import { PROMPTED } from './layout.ts';
import { mergedLength, mergeText, separator, toValidUtf8 } from './merged-text.ts';
import { keyOf, promptKey } from './prompt-key.ts';

/** The place of each sample in the merged file. */
export interface MergedPlaces {
  /** The merged file's path. */
  readonly path: string;
  /** 1-based line of the merged file for a raw 1-based line of a sample. */
  lineOf(sampleId: number, rawLine: number): number;
  /** The sample's lines as they stand in the merged file. */
  lines(sampleId: number, firstRawLine: number, lastRawLine: number): readonly string[];
}

export async function exportSamples(
  db: Database,
  { folder, results }: { readonly folder: ExportFolder; readonly results: string },
  prompts: readonly PromptText[],
  disclosure: Disclosure,
): Promise<MergedPlaces> {
  const separate = join(results, 'seperate');
  const path = join(results, 'all');
  const map: Record<string, { md5: string; start: number; end: number }> = {};
  const places = new SamplePlaces(path);
  const shift = firstSampleId(db) === 0 ? 1 : 0;
  let line = 0;
  using merged = folder.open(path);
  for (const prompt of prompts) {
    // Its scripts keep the prompt beside the outputs that it has.
    folder.write(join(results, PROMPTED, keyOf(prompt), 'prompts.txt'), promptKey(prompt));
  }
  for await (const { item, ranges } of findSensitive(latin1Samples(db))) {
    const { sampleId, promptIndex, text } = item;
    const shown = disclosure === 'masked' ? maskRanges(text, ranges) : text;
    const name = String(sampleId + shift);
    folder.write(join(folderOf(results, separate, prompts, promptIndex), name), Buffer.from(shown, 'latin1'));
    const { text: raw, mergedLine } = mergeText(shown);
    const valid = toValidUtf8(raw);
    const md5 = createHash('md5').update(valid, 'latin1').digest('hex');
    merged.write(`${valid}\n${separator(md5)}\n`);
    const length = mergedLength(valid);
    map[name] = { md5, start: line + 1, end: line + length };
    places.add(sampleId, valid, line, mergedLine);
    line += length;
  }
  folder.write(join(results, 'map.json'), JSON.stringify(map));
  if (prompts.length > 0) {
    folder.write(
      join(results, 'prompts.txt'),
      prompts.map((prompt) => `${JSON.stringify(prompt)}\n`).join(''),
    );
  }
  return places;
}

/** All lines of all samples in one array: they are looked up millions of times, in no order. */
class SamplePlaces implements MergedPlaces {
  readonly path: string;
  readonly #samples = new Map<number, { readonly text: string; readonly start: number }>();
  /** In `#lines`, before a sample's first raw line. */
  readonly #starts = new Map<number, number>();
  #lines = new Int32Array(1 << 16);
  #nLines = 0;

  constructor(path: string) {
    this.path = path;
  }

  /** `start` is the merged file's lines before the sample. */
  add(sampleId: number, text: string, start: number, mergedLine: Int32Array): void {
    const end = this.#nLines + mergedLine.length;
    if (end > this.#lines.length) {
      const longer = new Int32Array(2 * end);
      longer.set(this.#lines);
      this.#lines = longer;
    }
    for (const [i, line] of mergedLine.entries()) this.#lines[this.#nLines + i] = start + line + 1;
    this.#starts.set(sampleId, this.#nLines - 1);
    this.#samples.set(sampleId, { text, start });
    this.#nLines = end;
  }

  lineOf(sampleId: number, rawLine: number): number {
    return this.#lines[this.#starts.get(sampleId)! + rawLine]!;
  }

  lines(sampleId: number, firstRawLine: number, lastRawLine: number): readonly string[] {
    const { text, start } = this.#samples.get(sampleId)!;
    const first = this.lineOf(sampleId, firstRawLine) - start - 1;
    return text.split('\n').slice(first, this.lineOf(sampleId, lastRawLine) - start);
  }
}

function folderOf(
  results: string,
  separate: string,
  prompts: readonly PromptText[],
  promptIndex: number | null,
): string {
  const prompt = promptIndex === null ? undefined : prompts[promptIndex];
  if (prompt === undefined) return separate;
  return join(results, PROMPTED, keyOf(prompt));
}

/** One character a byte, so that nothing is replaced on the way through. */
function* latin1Samples(db: Database) {
  for (const sample of readSampleTexts(db)) {
    yield { ...sample, text: Buffer.from(sample.text).toString('latin1') };
  }
}

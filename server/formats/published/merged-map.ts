// Which outputs the parts of a merged file are: by the map beside it, where that is of this file, or else by the outputs
// themselves. The scripts' versions number from 0 and from 1, and under a prompt from 2, since the prompt's own file was counted.

import { type Check, has, mapOf, optional, text, whole } from '../../json-shape.ts';
import type { ForeignFolder } from '../foreign-folder.ts';
import { type MergedFile, mapsOfMerged } from './layout.ts';
import type { MergedPart } from './merged-parts.ts';
import { type MergedText, mergeText, toValidUtf8 } from './merged-text.ts';

interface MapEntry {
  /** 1-based line of the merged file. */
  readonly start: number;
  readonly md5?: string;
}

/** What is known of outputs, by their numbers: one character a byte. */
export interface KnownOutputs {
  get(number: number): string | undefined;
}

/** A number a part; the first `COMPARED_PARTS` must have their texts. */
export function numberParts(
  folder: ForeignFolder,
  merged: MergedFile,
  parts: readonly MergedPart[],
  outputs: KnownOutputs,
): readonly number[] {
  for (const path of mapsOfMerged(merged)) {
    const numbers = folder.has(path) ? numbersInMap(folder, path, parts) : undefined;
    if (numbers) return numbers;
  }
  const first = firstNumber(merged, parts, outputs);
  return parts.map((_, i) => first + i);
}

/** Undefined where the map is of another merged file: those of several prompts have one name. */
function numbersInMap(
  folder: ForeignFolder,
  path: string,
  parts: readonly MergedPart[],
): readonly number[] | undefined {
  const map = folder.json<Record<string, MapEntry>>(path, isMap, 'a map from outputs to lines');
  const entries = Object.entries(map)
    .map(([id, entry]) => ({ id: Number(id), ...entry }))
    .toSorted((a, b) => a.start - b.start);
  const byStart = new Map(entries.map((entry) => [entry.start, entry]));
  const numbers = parts.flatMap(({ start, md5 }, i) => {
    const entry = entries.length === parts.length ? entries[i] : byStart.get(start);
    return entry && (entry.md5 === undefined || entry.md5 === md5) ? [entry.id] : [];
  });
  return numbers.length === parts.length ? numbers : undefined;
}

const isMap: Check = (value) =>
  mapOf(has<MapEntry>({ start: whole, md5: optional(text) }))(value) &&
  Object.keys(value as object).every((id) => /^\d{1,15}$/.test(id));

/** The first parts, whose texts are compared with the outputs, to tell where counting began. */
export const COMPARED_PARTS = 32;

function firstNumber({ range }: MergedFile, parts: readonly MergedPart[], outputs: KnownOutputs): number {
  const [likely, other] =
    range === null
      ? [1, 0]
      : parts.length > range.last - range.first
        ? [range.first, range.first + 1]
        : [range.first + 1, range.first];
  const nEqual = (first: number) =>
    parts.slice(0, COMPARED_PARTS).filter((part, i) => isPartOf(part, outputs.get(first + i))).length;
  return nEqual(other!) > nEqual(likely!) ? other! : likely!;
}

/** Whether the part is what merging makes of the output. */
const isPartOf = (part: MergedPart, output: string | undefined): boolean =>
  output !== undefined && isMergedText(part, mergeText(output));

export const isMergedText = (part: Pick<MergedPart, 'text'>, { text }: MergedText): boolean =>
  text === part.text || toValidUtf8(text) === toValidUtf8(part.text);

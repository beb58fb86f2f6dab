// The outputs of a published run: every one, the first and the last too, with where each stands in its merged
// file, so that the logs' line numbers can be brought back to it.

import { basename } from 'node:path';
import type { PromptText } from '../../../protocol/study.ts';
import { UserError } from '../../errors.ts';
import type { ForeignFolder } from '../foreign-folder.ts';
import { COMBINED_KEY, type MergedFile, mergedFiles, type RunFolders } from './layout.ts';
import { MergedLines } from './merged-lines.ts';
import { COMPARED_PARTS, numberParts } from './merged-map.ts';
import { type MergedPart, mergedParts } from './merged-parts.ts';
import { placePart } from './merged-sample.ts';
import { keyOf } from './prompt-key.ts';
import { type OutputFolder, readOutputs } from './read-outputs.ts';
import { type SharedTexts, sharedText, shareTexts } from './shared-texts.ts';

export interface PublishedSample {
  readonly sampleId: number;
  readonly promptIndex: number | null;
  readonly text: Uint8Array;
}

export interface PublishedSamples {
  readonly samples: readonly PublishedSample[];
  /** Those of `samples`. */
  readonly texts: SharedTexts;
  readonly prompts: readonly PromptText[];
  /** Whether the prompts were fragments of a first study. */
  readonly isFromFragments: boolean;
  /** Keyed by the merged file's name. */
  readonly merged: ReadonlyMap<string, MergedLines>;
}

export function importSamples(folder: ForeignFolder, run: RunFolders): PublishedSamples {
  const { folders, prompts, isFromFragments } = readOutputs(folder, run);
  const known = new NumberedSamples(prompts);
  // What stands there combined are copies, and the merged file is made of these.
  for (const each of folders) if (each.key === COMBINED_KEY) known.add(each);
  for (const each of folders) if (each.key !== COMBINED_KEY) known.add(each);
  const merged = new Map<string, MergedLines>();
  for (const file of mergedFiles(folder, run)) {
    merged.set(basename(file.path), placeParts(folder, file, known));
  }
  const inOrder = known.inOrder();
  if (inOrder.length === 0) {
    throw new UserError(`${run.results} holds no outputs`, {
      action: 'It must hold a folder "seperate" or "internet", or a merged file "all".',
    });
  }
  const texts = shareTexts(inOrder.map(({ text }) => text));
  const samples = inOrder.map((sample, index) => ({ ...sample, text: sharedText(texts, index) }));
  const indexes = new Map(samples.map(({ sampleId }, index) => [sampleId, index]));
  for (const lines of merged.values()) {
    lines.settle(({ sampleId, text }) => {
      const index = indexes.get(sampleId)!;
      // Another part of the same number has replaced the text since.
      const isSame = text === inOrder[index]!.text;
      return { index, text: isSame ? samples[index]!.text : Buffer.from(text, 'latin1') };
    });
  }
  return { samples, texts, prompts, isFromFragments, merged };
}

/** The merged file's parts as samples; those that are known from nowhere else become known. */
function placeParts(folder: ForeignFolder, file: MergedFile, known: NumberedSamples): MergedLines {
  const numbers = numberParts(folder, file, outlineParts(folder, file), known.textsOf(file.key));
  const lines = new MergedLines();
  let nParts = 0;
  for (const part of mergedParts(folder.lines(file.path))) {
    const number = numbers[nParts++];
    if (number === undefined) throw new UserError(`${file.path} changed while it was read`);
    const sampleId = known.idOf(file.key, number);
    const { sample, rawLines } = placePart(sampleId, part, known.text(sampleId));
    known.setText(sampleId, sample.text);
    lines.add(sample, rawLines);
  }
  return lines;
}

/** Its parts, of which only those have their texts that are looked at: all of them would be the samples once more. */
function outlineParts(folder: ForeignFolder, file: MergedFile): readonly MergedPart[] {
  const parts: MergedPart[] = [];
  for (const part of mergedParts(folder.lines(file.path)))
    parts.push(parts.length < COMPARED_PARTS ? part : { ...part, text: '' });
  return parts;
}

interface NamedText {
  readonly sampleId: number;
  readonly promptIndex: number | null;
  /** One character a byte. */
  readonly text: string;
}

/**
 * Samples by the numbers of a study. An output keeps its own number while that is free: the scripts count anew under each prompt,
 * and such outputs are numbered on.
 */
class NumberedSamples {
  readonly #promptKeys: readonly string[];
  readonly #samples = new Map<number, { promptIndex: number | null; text: string }>();
  /** The samples' numbers by prompt and output. */
  readonly #ids = new Map<string | null, Map<number, number>>();
  /** Combined outputs whose prompts are not known yet, by their text. */
  readonly #combined = new Map<string, number[]>();
  #last = 0;

  constructor(prompts: readonly PromptText[]) {
    this.#promptKeys = prompts.map(keyOf);
  }

  add({ key, outputs }: OutputFolder): void {
    const rest = new Map<number, string>();
    const ids = this.#idsOf(key);
    for (const [number, text] of outputs) {
      const copy = key === COMBINED_KEY ? undefined : this.#combined.get(text)?.shift();
      if (copy === undefined) rest.set(number, text);
      else {
        ids.set(number, copy);
        this.#samples.set(copy, { promptIndex: this.#promptIndex(key), text });
      }
    }
    const isFree = ![...rest.keys()].some((number) => this.#samples.has(number));
    for (const [number, text] of rest) {
      const sampleId = isFree ? number : this.#last + 1;
      this.#put(key, number, sampleId, text);
      if (key !== COMBINED_KEY) continue;
      const alike = this.#combined.get(text);
      if (alike) alike.push(sampleId);
      else this.#combined.set(text, [sampleId]);
    }
  }

  /** Texts by the outputs' own numbers, or by the samples' where nobody says of which prompt they are. */
  textsOf(key: string | null): ReadonlyMap<number, string> {
    const all = this.#knownIds(key) ?? new Map([...this.#samples.keys()].map((id) => [id, id]));
    return new Map([...all].map(([number, id]) => [number, this.#samples.get(id)!.text]));
  }

  /** The sample of an output; a new one where it is not known. */
  idOf(key: string | null, number: number): number {
    const known = this.#knownIds(key)?.get(number);
    if (known !== undefined) return known;
    const isOwn = key === null && this.#samples.has(number);
    if (isOwn) return number;
    const sampleId = this.#samples.has(number) ? this.#last + 1 : number;
    this.#put(key, number, sampleId, '');
    return sampleId;
  }

  text(sampleId: number): string | undefined {
    return this.#samples.get(sampleId)?.text;
  }

  setText(sampleId: number, text: string): void {
    this.#samples.get(sampleId)!.text = text;
  }

  inOrder(): readonly NamedText[] {
    return [...this.#samples]
      .map(([sampleId, sample]) => ({ sampleId, ...sample }))
      .sort((a, b) => a.sampleId - b.sampleId);
  }

  #put(key: string | null, number: number, sampleId: number, text: string): void {
    this.#samples.set(sampleId, { promptIndex: this.#promptIndex(key), text });
    this.#idsOf(key).set(number, sampleId);
    this.#last = Math.max(this.#last, sampleId);
  }

  /** A merged file that names no prompt is of the only folder, or of all. */
  #knownIds(key: string | null): ReadonlyMap<number, number> | undefined {
    const ids = this.#ids.get(key);
    if (ids) return ids;
    return key === null && this.#ids.size === 1 ? this.#ids.values().next().value : undefined;
  }

  #idsOf(key: string | null): Map<number, number> {
    const ids = this.#ids.get(key) ?? new Map<number, number>();
    this.#ids.set(key, ids);
    return ids;
  }

  #promptIndex(key: string | null): number | null {
    const index = key === null ? -1 : this.#promptKeys.indexOf(key);
    return index < 0 ? null : index;
  }
}

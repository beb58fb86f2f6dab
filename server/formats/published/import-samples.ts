// The outputs of a published run: every one, the first and the last too, with where each stands in its merged
// file, so that the logs' line numbers can be brought back to it.

import { basename } from 'node:path';
import type { PromptText } from '../../../protocol/study.ts';
import { UserError } from '../../errors.ts';
import type { ForeignFolder } from '../foreign-folder.ts';
import { COMBINED_KEY, type MergedFile, mergedFiles, type RunFolders } from './layout.ts';
import { MergedLines } from './merged-lines.ts';
import { COMPARED_PARTS, type KnownOutputs, numberParts } from './merged-map.ts';
import { type MergedPart, mergedParts } from './merged-parts.ts';
import { placePart } from './merged-sample.ts';
import { keyOf } from './prompt-key.ts';
import { type OutputFolder, readOutputs } from './read-outputs.ts';
import { GrowingTexts, type SharedTexts } from './shared-texts.ts';

export interface PublishedSample {
  readonly sampleId: number;
  readonly promptIndex: number | null;
  /** Not copied; may be asked for until the texts are forgotten. */
  readonly text: () => Uint8Array;
}

export interface PublishedSamples {
  readonly samples: readonly PublishedSample[];
  /** Those of `samples`. */
  readonly texts: SharedTexts;
  readonly prompts: readonly PromptText[];
  /** Whether the prompts were fragments of a first study. */
  readonly isFromFragments: boolean;
  /** Keyed by the merged file's name. */
  readonly merged: Map<string, MergedLines>;
  /** Those of samples are not asked for any more. */
  forgetTexts(): void;
}

export function importSamples(folder: ForeignFolder, run: RunFolders): PublishedSamples {
  const allTexts = new GrowingTexts();
  const { folders, prompts, isFromFragments } = readOutputs(folder, run, allTexts);
  const known = new NumberedSamples(prompts, allTexts);
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
  const texts = allTexts.inOrder(inOrder.map(({ text }) => text));
  const samples = inOrder.map((sample) => ({ ...sample, text: () => allTexts.bytes(sample.text) }));
  const indexes = new Map(samples.map(({ sampleId }, index) => [sampleId, index]));
  for (const lines of merged.values()) {
    // It has a text of its own where another part of the same number has replaced the sample's since.
    lines.settle(({ sampleId, text }) => ({
      index: indexes.get(sampleId)!,
      text: () => allTexts.bytes(text),
    }));
  }
  return { samples, texts, prompts, isFromFragments, merged, forgetTexts: () => allTexts.forget() };
}

/** The merged file's parts as samples; those that are known from nowhere else become known. */
function placeParts(folder: ForeignFolder, file: MergedFile, known: NumberedSamples): MergedLines {
  const numbers = numberParts(folder, file, outlineParts(folder, file), known.outputsOf(file.key));
  const lines = new MergedLines();
  let nParts = 0;
  for (const part of mergedParts(folder.lines(file.path))) {
    const number = numbers[nParts++];
    if (number === undefined) throw new UserError(`${file.path} changed while it was read`);
    const sampleId = known.idOf(file.key, number);
    const { isWhole, isMerged, rawLines } = placePart(part, known.text(sampleId));
    if (!isWhole) known.setText(sampleId, part.text);
    const { start, nLines } = part;
    lines.add({ sampleId, start, nLines, isMerged, text: known.textNumber(sampleId) }, rawLines);
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
  /** The number of its text. */
  readonly text: number;
}

/**
 * Samples by the numbers of a study. An output keeps its own number while that is free: the scripts count anew under each prompt,
 * and such outputs are numbered on.
 */
class NumberedSamples {
  readonly #promptKeys: readonly string[];
  readonly #texts: GrowingTexts;
  readonly #samples = new Map<number, { promptIndex: number | null; text: number }>();
  /** The samples' numbers by prompt and output. */
  readonly #ids = new Map<string | null, Map<number, number>>();
  /** Combined outputs whose prompts are not known yet, by their text. */
  readonly #combined = new Map<string, number[]>();
  #last = 0;

  /** `texts` hold those of the outputs. */
  constructor(prompts: readonly PromptText[], texts: GrowingTexts) {
    this.#promptKeys = prompts.map(keyOf);
    this.#texts = texts;
  }

  add({ key, outputs }: OutputFolder): void {
    const rest = new Map<number, number>();
    const ids = this.#idsOf(key);
    for (const [number, text] of outputs) {
      const copy = key === COMBINED_KEY ? undefined : this.#copyOf(text);
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
      const words = this.#latin1(text);
      const alike = this.#combined.get(words);
      if (alike) alike.push(sampleId);
      else this.#combined.set(words, [sampleId]);
    }
  }

  #copyOf(text: number): number | undefined {
    return this.#combined.size === 0 ? undefined : this.#combined.get(this.#latin1(text))?.shift();
  }

  /** They are asked for by their own numbers, or by the samples' where nobody says of which prompt they are. */
  outputsOf(key: string | null): KnownOutputs {
    const ids = this.#knownIds(key);
    const idOf = (number: number) => (ids ? ids.get(number) : number);
    return {
      get: (number) => {
        const id = idOf(number);
        return id === undefined ? undefined : this.text(id);
      },
    };
  }

  /** The sample of an output; a new one where it is not known. */
  idOf(key: string | null, number: number): number {
    const known = this.#knownIds(key)?.get(number);
    if (known !== undefined) return known;
    const isOwn = key === null && this.#samples.has(number);
    if (isOwn) return number;
    const sampleId = this.#samples.has(number) ? this.#last + 1 : number;
    this.#put(key, number, sampleId, this.#texts.push(Buffer.of()));
    return sampleId;
  }

  text(sampleId: number): string | undefined {
    const sample = this.#samples.get(sampleId);
    return sample && this.#latin1(sample.text);
  }

  #latin1(text: number): string {
    return this.#texts.bytes(text).toString('latin1');
  }

  textNumber(sampleId: number): number {
    return this.#samples.get(sampleId)!.text;
  }

  /** `text` has one character a byte. */
  setText(sampleId: number, text: string): void {
    this.#samples.get(sampleId)!.text = this.#texts.push(Buffer.from(text, 'latin1'));
  }

  inOrder(): readonly NamedText[] {
    return [...this.#samples]
      .map(([sampleId, sample]) => ({ sampleId, ...sample }))
      .sort((a, b) => a.sampleId - b.sampleId);
  }

  #put(key: string | null, number: number, sampleId: number, text: number): void {
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

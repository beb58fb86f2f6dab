// A sample as one part of a merged file: which of its lines each line there is.

import { isMergedText } from './merged-map.ts';
import type { MergedPart } from './merged-parts.ts';
import { mergeText } from './merged-text.ts';

export class MergedSample {
  readonly sampleId: number;
  /** 1-based lines of the merged file, the separator not counted. */
  readonly start: number;
  readonly nLines: number;
  /** One character a byte. */
  readonly text: string;
  /** For each line of the part: its 1-based line in the text; undefined where the part is all that is known of the sample. */
  readonly #rawLine: Int32Array | undefined;

  /** `output` is the sample's own file, where there is one. */
  constructor(sampleId: number, part: MergedPart, output: string | undefined) {
    this.sampleId = sampleId;
    this.start = part.start;
    this.nLines = part.nLines;
    const merged = output === undefined ? undefined : mergeText(output);
    // The single file says more: its empty lines, and how its lines ended.
    const isWhole = merged !== undefined && isMergedText(part, merged);
    this.text = isWhole ? output! : part.text;
    this.#rawLine = isWhole ? Int32Array.from(merged.rawLine) : undefined;
  }

  /** The 1-based line of the sample that is this line of the merged file. */
  lineOf(mergedLine: number): number {
    const line = mergedLine - this.start;
    return this.#rawLine ? this.#rawLine[line]! : line + 1;
  }

  /** The sample's lines that are these lines of the merged file. */
  lines(firstLine: number, lastLine: number): readonly string[] {
    const [from, to] = [firstLine, lastLine].map((line) => this.lineOf(line));
    const isPlain = this.#rawLine === undefined || !this.text.includes('\r');
    const lines = this.text.split(isPlain ? '\n' : /\r\n|\r|\n/);
    // Empty ones are not in the merged file.
    return lines.slice(from! - 1, to).filter((line) => line !== '');
  }
}

// One document of a map on its way: rows of it come back in any order, and its windows are made when all are there.

import type { MapPlan, Profile } from '../../../protocol/study.ts';
import { windowStarts } from '../../analysis/map-windows.ts';
import type { CorpusDocument } from '../../corpus/corpus-document.ts';
import { lineAt, lineBeginnings } from '../../engine/line-numbers.ts';
import { joinRegions } from '../../engine/map-regions.ts';
import type { DrawnWindow, KeptWindow, MappedDocument, MappedWindows } from '../../engine/mapped-shard.ts';
import { cutExactly, cutRunning } from '../../sampling/forms/map/cut-rows.ts';
import type { MapRow, MapRowResult } from '../../sampling/forms/map/rows.ts';
import { uniformAt } from '../../sampling/pick/philox.ts';
import { surroundRegions } from './surround-regions.ts';

/** Regions are of likely windows, also where every window is kept. */
const LEAST_REGION = 1e-4;

export interface DocumentShape {
  readonly map: MapPlan;
  readonly profile: Profile;
  readonly bosToken: number | null;
  readonly nPositions: number;
}

export class MapDocument {
  readonly #document: CorpusDocument;
  readonly #tokens: Int32Array<ArrayBuffer>;
  readonly #nBytes: Uint16Array;
  readonly #shape: DocumentShape;
  readonly #windows: Omit<MappedWindows, 'places'>;
  /** In running context: of every token. */
  readonly #measures: Omit<MapRowResult, 'document' | 'start'> | null;
  readonly #starts: readonly number[];
  #nMissing = 0;

  /** `nBytes` are those of each token's text. */
  constructor(
    document: CorpusDocument,
    tokens: Int32Array<ArrayBuffer>,
    nBytes: Uint16Array,
    shape: DocumentShape,
  ) {
    this.#document = document;
    this.#tokens = tokens;
    this.#nBytes = nBytes;
    this.#shape = shape;
    this.#starts = windowStarts(tokens.length, shape.map);
    const n = this.#starts.length;
    this.#windows = {
      logp: new Float64Array(n),
      logpPlain: new Float64Array(n),
      nArgmax: new Uint32Array(n),
    };
    const { length } = tokens;
    this.#measures =
      shape.map.context === 'exact'
        ? null
        : {
            drawn: new Float32Array(length),
            plain: new Float32Array(length),
            best: new Uint8Array(length),
          };
  }

  /** The rows that must come back through `take`; `id` is what they are known by. */
  *rows(id: number): Generator<MapRow> {
    const { map, bosToken, nPositions } = this.#shape;
    const rows =
      map.context === 'exact'
        ? cutExactly(id, this.#tokens, map, bosToken)
        : cutRunning(id, this.#tokens, bosToken, nPositions);
    for (const row of rows) {
      this.#nMissing++;
      yield row;
    }
  }

  /** Whether the document is done with this row. Asked only once all rows have been cut. */
  take(result: MapRowResult): boolean {
    const { map } = this.#shape;
    if (this.#measures === null) {
      const window = Math.floor((result.start - map.prefix) / map.stride);
      this.#setWindow(window, result, 0);
    }
    if (this.#measures !== null) {
      this.#measures.drawn.set(result.drawn, result.start);
      this.#measures.plain.set(result.plain, result.start);
      this.#measures.best.set(result.best, result.start);
    }
    this.#nMissing--;
    return this.#nMissing === 0;
  }

  #setWindow(window: number, measures: Omit<MapRowResult, 'document' | 'start'>, from: number): void {
    const { drawn, plain, best } = measures;
    const { logp, logpPlain, nArgmax } = this.#windows;
    for (let at = from; at < from + this.#shape.map.suffix; at++) {
      logp[window]! += drawn[at]!;
      logpPlain[window]! += plain[at]!;
      nArgmax[window]! += best[at]!;
    }
  }

  finish(): MappedDocument {
    const { row, byteOffset, repository, path, license, text } = this.#document;
    const { map, profile } = this.#shape;
    const { prefix, suffix, keep } = map;
    const nWindows = this.#windows.logp.length;
    const places = new Uint32Array(2 * nWindows);
    const ends = byteEnds(this.#nBytes);
    const endOf = (token: number) => (token === 0 ? 0 : ends[token - 1]!);
    for (let window = 0; window < nWindows; window++) {
      const from = this.#starts[window]! + prefix;
      if (this.#measures !== null) this.#setWindow(window, this.#measures, from);
      places[2 * window] = endOf(from);
      places[2 * window + 1] = endOf(from + suffix) - endOf(from);
    }
    const windows: MappedWindows = { ...this.#windows, places };
    const kept = this.#keep(windows);
    const leastLogp = Math.log(keep > 0 ? keep : LEAST_REGION);
    return {
      ...{ row, byteOffset, repository, path, license },
      nTokens: this.#tokens.length,
      windows,
      kept,
      regions: surroundRegions(text, joinRegions(text, kept, leastLogp, profile)),
    };
  }

  /** The windows with the lowest ranks, which depend on the document's id and on their place in it alone. */
  drawWindows(documentId: number): readonly DrawnWindow[] {
    const { prefix, suffix, examine } = this.#shape.map;
    const { row } = this.#document;
    const ranks = Array.from(this.#windows.logp, (_, window) => uniformAt(0, documentId, window));
    const least = ranks.length > examine ? (ranks.toSorted((a, b) => a - b)[examine] ?? 1) : 1;
    return ranks.flatMap((rank, window) => {
      if (rank >= least) return [];
      const start = this.#starts[window]!;
      const tokens = Uint32Array.from(this.#tokens.subarray(start, start + prefix + suffix));
      return [{ row, start, rank, tokens }];
    });
  }

  #keep({ logp, logpPlain, nArgmax, places }: MappedWindows): readonly KeptWindow[] {
    const { prefix, suffix, keep } = this.#shape.map;
    const least = Math.log(keep);
    const chosen = [...logp.keys()].filter((window) => logp[window]! >= least);
    if (chosen.length === 0) return [];
    const beginnings = lineBeginnings(this.#document.text);
    return chosen.map((window) => {
      const start = this.#starts[window]!;
      const [byteOffset, nBytes] = [places[2 * window]!, places[2 * window + 1]!];
      return {
        start,
        logp: logp[window]!,
        logpPlain: logpPlain[window]!,
        nArgmax: nArgmax[window]!,
        tokens: Uint32Array.from(this.#tokens.subarray(start, start + prefix + suffix)),
        firstLine: lineAt(beginnings, byteOffset),
        lastLine: lineAt(beginnings, byteOffset + Math.max(0, nBytes - 1)),
        byteOffset,
        nBytes,
      };
    });
  }
}

function byteEnds(nBytes: Uint16Array): Float64Array {
  const ends = new Float64Array(nBytes.length);
  let end = 0;
  for (const [at, n] of nBytes.entries()) {
    end += n;
    ends[at] = end;
  }
  return ends;
}

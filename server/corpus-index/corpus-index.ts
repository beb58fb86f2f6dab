// An index that is asked: which documents may hold a window of a text. Whether they do is for verify.ts to say.

import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Shard } from '../corpus/shard.ts';
import { KEY_WORDS, type KernelListener, ScanKernel } from '../kernel/scan-kernel.ts';
import { IndexMemory, shareWindowing } from '../kernel/share-index.ts';
import type { IndexedDocument } from './document-pages.ts';
import { MANIFEST, type Manifest, readManifest, type ShardEntry, seedOf } from './manifest.ts';
import { DamagedSegment, SegmentFile } from './segment-file.ts';
import { locateShard, pathOfEntry, shardOf } from './shard-entries.ts';
import { pagesOf } from './source-of-shards.ts';
import { noIndex } from './writable-index.ts';

/** A window of a text: the key that it is looked up by, and its raw lines, both inclusive. */
export interface TextWindow {
  readonly high: number;
  readonly low: number;
  readonly firstLine: number;
  readonly lastLine: number;
}

/** A shard of the index, wherever it is kept. */
export interface IndexedPlace {
  readonly segment: SegmentFile;
  /** Number in the segment. */
  readonly shard: number;
  readonly entry: ShardEntry;
}

/** Documents of one shard that may hold windows of a text, by ascending row. */
export interface Proposal extends IndexedPlace {
  readonly documents: readonly ProposedDocument[];
}

export interface ProposedDocument extends IndexedDocument {
  /** Which distinct keys of the text it has. */
  readonly keys: readonly number[];
}

/** Looking at ten thousand shards takes some 50 ms. */
const FRESH_MS = 1000;
const CHANGES_NAMED = 20;

export class CorpusIndex implements Disposable {
  readonly folder: string;
  readonly manifest: Manifest;
  readonly root: string;
  readonly #segments: readonly SegmentFile[];
  readonly #kernel: ScanKernel;
  readonly #stamp: string;
  readonly #memories: IndexMemory[] = [];
  #changes: string[] = [];
  #lookedAt = Number.NEGATIVE_INFINITY;

  /** Throws a `UserError` where it cannot be used. `root` is where the corpus lies now. */
  constructor(folder: string, root?: string) {
    this.folder = folder;
    this.#stamp = manifestStamp(folder);
    const { manifest, segments } = openSegments(folder);
    this.manifest = manifest;
    this.root = root ?? manifest.root;
    this.#segments = segments;
    this.#kernel = new ScanKernel(shareWindowing(manifest.rule, manifest.gramLines, seedOf(manifest)));
    this.#kernel.giveEveryWindow();
  }

  [Symbol.dispose](): void {
    for (const segment of this.#segments) segment[Symbol.dispose]();
  }

  /** Whether the folder still says what it said when this was opened. */
  isCurrent(): boolean {
    return manifestStamp(this.folder) === this.#stamp;
  }

  /** For the kernel of one look-up; it goes back for the next one. */
  takeMemory(): Pick<IndexMemory, 'share'> & Disposable {
    const memory = this.#memories.pop() ?? new IndexMemory();
    return {
      share: (samples, rule) => memory.share(samples, rule),
      [Symbol.dispose]: () => void this.#memories.push(memory),
    };
  }

  *places(): Generator<IndexedPlace> {
    for (const segment of this.#segments) {
      for (const [shard, entry] of segment.entry.shards.entries())
        if (!entry.removed) yield { segment, shard, entry };
    }
  }

  /** The shard where it lies now, or why it is not what was indexed. */
  shardAt({ entry }: IndexedPlace, index: number): Shard | string {
    const place = locateShard(this.root, entry);
    return typeof place === 'string' ? place : shardOf(entry, place.path, index);
  }

  /** Sentences: shards that are not what was indexed. Looked at anew once in a while. */
  changes(): readonly string[] {
    if (performance.now() - this.#lookedAt < FRESH_MS) return this.#changes;
    this.#changes = [];
    for (const { entry } of this.places()) {
      const place = locateShard(this.root, entry);
      if (typeof place === 'string' && this.#changes.length < CHANGES_NAMED) this.#changes.push(place);
    }
    this.#lookedAt = performance.now();
    return this.#changes;
  }

  pathOf({ entry }: IndexedPlace): string {
    return pathOfEntry(this.root, entry);
  }

  windowsOf(text: Uint8Array): readonly TextWindow[] {
    const windows: TextWindow[] = [];
    this.#read(text, {
      onKeys(words, first, n) {
        for (let at = first; at < first + n * KEY_WORDS; at += KEY_WORDS) {
          windows.push({
            low: words[at]!,
            high: words[at + 1]!,
            firstLine: words[at + 2]!,
            lastLine: words[at + 3]!,
          });
        }
      },
    });
    return windows;
  }

  /** What the index knows a document by. */
  digestOf(text: Uint8Array): number {
    this.#read(text, {});
    return this.#kernel.documentDigest;
  }

  #read(text: Uint8Array, listener: Pick<KernelListener, 'onKeys'>): void {
    this.#kernel.beginText({ onLine() {}, onRepeats() {}, onRow() {}, ...listener });
    this.#kernel.appendText(text);
    this.#kernel.endText();
  }

  /** Documents that have one of the keys. */
  propose(
    keys: readonly Pick<TextWindow, 'high' | 'low'>[],
    only?: (place: IndexedPlace) => boolean,
  ): Proposal[] {
    const proposals: Proposal[] = [];
    for (const segment of this.#segments) {
      const found = new Map<number, number[]>();
      for (const [key, { high, low }] of keys.entries()) {
        segment.lookUp(high, low, (document) => {
          const before = found.get(document);
          if (before) before.push(key);
          else found.set(document, [key]);
        });
      }
      if (found.size > 0) for (const proposal of byShard(segment, found, only)) proposals.push(proposal);
    }
    return proposals;
  }
}

function byShard(
  segment: SegmentFile,
  found: ReadonlyMap<number, number[]>,
  only: ((place: IndexedPlace) => boolean) | undefined,
): Proposal[] {
  const numbers = Uint32Array.from(found.keys()).sort();
  const proposals: Proposal[] = [];
  let at = 0;
  for (const [shard, entry] of segment.entry.shards.entries()) {
    const end = entry.firstDocument + pagesOf(entry.nDocuments);
    const documents: ProposedDocument[] = [];
    const isWanted = !entry.removed && (only?.({ segment, shard, entry }) ?? true);
    for (; at < numbers.length && numbers[at]! < end; at++) {
      const document = isWanted ? segment.document(numbers[at]!) : undefined;
      if (document) documents.push({ ...document, keys: found.get(numbers[at]!)! });
    }
    if (documents.length > 0) proposals.push({ segment, shard, entry, documents });
  }
  return proposals;
}

/** Each distinct key of the windows once. */
export function distinctKeys(windows: readonly TextWindow[]): readonly TextWindow[] {
  const seen = new Map<number, TextWindow>();
  // 53 bits of a key tell it from every other that a text has.
  for (const window of windows) seen.set(window.high * 2 ** 21 + (window.low >>> 11), window);
  return [...seen.values()];
}

/** Changes when the manifest is replaced. */
function manifestStamp(folder: string): string {
  const stat = statSync(join(folder, MANIFEST), { throwIfNoEntry: false });
  return stat ? `${stat.ino} ${stat.size} ${stat.mtimeMs}` : '';
}

const ATTEMPTS = 5;

function openSegments(folder: string) {
  for (let attempt = 1; ; attempt++) {
    const manifest = readManifest(folder);
    if (!manifest) throw noIndex(folder);
    const segments: SegmentFile[] = [];
    try {
      for (const entry of manifest.segments) segments.push(new SegmentFile(folder, entry));
      return { manifest, segments };
    } catch (error) {
      for (const segment of segments) segment[Symbol.dispose]();
      // Somebody may have merged segments since the manifest was read.
      const isGone = error instanceof DamagedSegment && attempt < ATTEMPTS;
      if (!isGone || JSON.stringify(readManifest(folder)) === JSON.stringify(manifest)) throw error;
    }
  }
}

// The documents of an imported study: many, each of a few words that are often the same. An object for each would take five times
// the memory.

import { GrowingUint32 } from '../../engine/growing-array.ts';
import { UserError } from '../../errors.ts';
import type { OwnDocument } from './own-places.ts';

export interface ImportedDocument extends OwnDocument {
  readonly shard: number;
}

/** What another thread can be given of them. */
export interface PackedDocuments {
  readonly shards: Uint32Array;
  readonly rows: Uint32Array;
  /** Indexes into `names`. */
  readonly repositories: Uint32Array;
  readonly licenses: Uint32Array;
  readonly names: readonly string[];
  /** All paths, one behind the other, in UTF-8, and the end of each. */
  readonly paths: Uint8Array;
  readonly pathEnds: Uint32Array;
}

/** They are numbered from 0. */
export class ImportedDocuments implements Iterable<ImportedDocument> {
  readonly #packed: PackedDocuments;
  readonly #paths: Buffer;

  constructor(packed: PackedDocuments) {
    this.#packed = packed;
    this.#paths = Buffer.from(packed.paths.buffer, packed.paths.byteOffset, packed.paths.length);
  }

  get length(): number {
    return this.#packed.rows.length;
  }

  at(number: number): ImportedDocument {
    const { shards, rows, repositories, licenses, names, pathEnds } = this.#packed;
    return {
      shard: shards[number]!,
      row: rows[number]!,
      repository: names[repositories[number]!]!,
      path: this.#paths.toString('utf8', pathEnds[number - 1] ?? 0, pathEnds[number]),
      license: names[licenses[number]!]!,
    };
  }

  shardOf(number: number): number {
    return this.#packed.shards[number]!;
  }

  rowOf(number: number): number {
    return this.#packed.rows[number]!;
  }

  /** A number that its repository alone has; -1 where none is known. */
  repositoryOf(number: number): number {
    const repository = this.#packed.repositories[number]!;
    return this.#packed.names[repository] === '' ? -1 : repository;
  }

  *[Symbol.iterator](): Generator<ImportedDocument> {
    for (let number = 0; number < this.length; number++) yield this.at(number);
  }
}

/** Documents as they become known. */
export class GrowingDocuments {
  readonly #shards = new GrowingUint32();
  readonly #rows = new GrowingUint32();
  readonly #repositories = new GrowingUint32();
  readonly #licenses = new GrowingUint32();
  readonly #pathEnds = new GrowingUint32();
  readonly #names = new Map<string, number>();
  #paths = Buffer.allocUnsafeSlow(1 << 16);

  /** Returns its number. */
  push({ shard, row, repository, path, license }: ImportedDocument): number {
    const number = this.#rows.length;
    this.#shards.push(shard);
    this.#rows.push(row);
    this.#repositories.push(this.#nameOf(repository));
    this.#licenses.push(this.#nameOf(license));
    const start = number === 0 ? 0 : this.#pathEnds.get(number - 1);
    const most = start + MOST_CHARACTER_BYTES * path.length;
    if (most > this.#paths.length) this.#grow(most);
    this.#pathEnds.push(start + this.#paths.write(path, start));
    return number;
  }

  /** Nothing can be added after that. */
  pack(): PackedDocuments {
    return {
      shards: this.#shards.view(),
      rows: this.#rows.view(),
      repositories: this.#repositories.view(),
      licenses: this.#licenses.view(),
      names: [...this.#names.keys()],
      paths: this.#paths.subarray(0, this.#pathEnds.view().at(-1) ?? 0),
      pathEnds: this.#pathEnds.view(),
    };
  }

  #nameOf(name: string): number {
    const known = this.#names.get(name);
    if (known !== undefined) return known;
    this.#names.set(name, this.#names.size);
    return this.#names.size - 1;
  }

  #grow(least: number): void {
    if (least > MOST_PATH_BYTES) {
      throw new UserError(`The documents beside the logs have paths of more than ${MOST_PATH_BYTES} bytes`, {
        action: 'Import the run in parts: the logs of fewer shards.',
      });
    }
    const grown = Buffer.allocUnsafeSlow(Math.max(least, 2 * this.#paths.length));
    this.#paths.copy(grown);
    this.#paths = grown;
  }
}

/** A code unit has no more in UTF-8. */
const MOST_CHARACTER_BYTES = 3;
/** The end of a path is a number of 32 bits. */
const MOST_PATH_BYTES = 2 ** 32 - 1;

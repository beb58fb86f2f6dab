// Members that are not read: counted by the reason, and named once.

import type { StreamOptions } from '../byte-stream.ts';
import type { Shard } from '../shard.ts';

export class Unread {
  readonly #shard: Pick<Shard, 'name' | 'path'>;
  readonly #options: StreamOptions;
  readonly #of = new Map<string, { n: number; readonly first: string }>();

  constructor(shard: Pick<Shard, 'name' | 'path'>, options: StreamOptions) {
    this.#shard = shard;
    this.#options = options;
  }

  /** Those of an archive inside. */
  below(archive: string): Pick<Unread, 'add'> {
    return { add: (reason, path) => this.add(reason, `${archive}/${path}`) };
  }

  add(reason: string, path: string): void {
    const known = this.#of.get(reason);
    if (known) known.n++;
    else this.#of.set(reason, { n: 1, first: path });
  }

  report(): void {
    for (const [reason, { n, first }] of this.#of) {
      const message = `${this.#shard.path}: members ${reason} are not read: ${n}, of which the first is ${first} (unpack the archive to have them searched)`;
      this.#options.onProblem({ kind: 'unreadable', shard: this.#shard.name, byteOffset: 0, message });
    }
  }
}

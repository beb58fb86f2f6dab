// Copies of shards on a node's own disk, where the scheduler names a folder for that: a disk that many nodes share is read once, from
// one end to the other. A shard that does not fit is read where it is.

import { copyFileSync, mkdirSync, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Shard } from '../../corpus/shard.ts';
import { throwIfAborted } from '../../errors.ts';

/** Room that is left on the disk, for others. */
const MARGIN_BYTES = 64 << 20;

export class StagedShards implements Disposable {
  readonly #folder: string | undefined;
  readonly #copies = new Map<Shard, string>();

  constructor(scratch = process.env.SLURM_TMPDIR ?? process.env.TMPDIR) {
    this.#folder = scratch === undefined || scratch === '' ? undefined : newFolder(scratch);
  }

  /** The shard as it is to be read: a copy where there is room for one. A part, and what lies elsewhere, is read where it is. */
  stage(shard: Shard, signal: AbortSignal): Shard {
    const { format, remote, part } = shard;
    if (this.#folder === undefined || format === 'folder' || remote || part) return shard;
    throwIfAborted(signal);
    const path = join(this.#folder, String(shard.index), basename(shard.path));
    try {
      const { bavail, bsize } = statfsSync(this.#folder);
      if (bavail * bsize < shard.nBytes + MARGIN_BYTES) return shard;
      mkdirSync(dirname(path), { recursive: true });
      copyFileSync(shard.path, path);
    } catch {
      // Another job has filled the disk, or the shard cannot be read: whoever reads it says so.
      rmSync(dirname(path), { recursive: true, force: true });
      return shard;
    }
    this.#copies.set(shard, path);
    return { ...shard, path };
  }

  /** What a copy was called is nobody's business: messages name the shard. */
  named<Value>(shard: Shard, value: Value): Value {
    const copy = this.#copies.get(shard);
    if (copy === undefined || typeof value !== 'object' || value === null) return value;
    return renamed(value, copy, shard.path) as Value;
  }

  release(shard: Shard): void {
    const copy = this.#copies.get(shard);
    if (copy !== undefined) rmSync(dirname(copy), { recursive: true, force: true });
    this.#copies.delete(shard);
  }

  [Symbol.dispose](): void {
    if (this.#folder !== undefined) rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** A folder that cannot be written to is none. */
function newFolder(scratch: string): string | undefined {
  try {
    return mkdtempSync(join(scratch, 'verbatim-'));
  } catch {
    return undefined;
  }
}

function renamed(value: unknown, copy: string, path: string): unknown {
  if (typeof value === 'string') return value.includes(copy) ? value.replaceAll(copy, path) : value;
  if (Array.isArray(value)) return value.map((one) => renamed(one, copy, path));
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, renamed(one, copy, path)]));
}

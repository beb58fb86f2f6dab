// Corpora that hold no texts but the names of blobs, as The Stack v2 and Stack-Edu do: each is asked for where the blobs are, unpacked and decoded. A few
// at once and in the order of the rows, no faster than a store likes, and each only once for all studies: what came is kept in a cache,
// so a scan that is begun again goes on where it was.

import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { cacheFolder } from '../cache-folder.ts';
import { Cancelled } from '../errors.ts';
import { parseRemoteLocation, type RemoteLocation } from '../remote/remote-location.ts';
import { fetchWhole, type RemoteAccess } from '../remote/remote-request.ts';
import { s3Settings } from '../remote/s3-settings.ts';
import { decodeNamed } from '../text/decode-named.ts';
import { writeWhole } from '../write-whole.ts';
import type { StreamOptions } from './byte-stream.ts';
import type { CorpusDocument } from './corpus-document.ts';
import { readReference } from './reference.ts';
import type { Shard } from './shard.ts';

/** Requests of one reader at once, and in a second. */
const AT_ONCE = 16;
const LEAST_MS_BETWEEN = 5;
const MOST_PACKED_BYTES = 64 << 20;
const MOST_BYTES = 256 << 20;

/** Blobs that are gone or damaged are problems; where the store does not answer, it throws as `askRemote` does. */
export async function* readReferenced(
  references: AsyncGenerator<CorpusDocument>,
  shard: Shard,
  contents: string,
  options: StreamOptions,
): AsyncGenerator<CorpusDocument> {
  const blobs = new Blobs(contents, options.signal);
  const waiting: { readonly document: CorpusDocument; readonly text: Promise<Uint8Array | string> }[] = [];
  const take = async (): Promise<CorpusDocument | undefined> => {
    const { document, text } = waiting.shift()!;
    const found = await text;
    if (typeof found !== 'string') return { ...document, text: found };
    const message = `${shard.path}: row ${document.row} ${found}`;
    options.onProblem({ kind: 'no-content', shard: shard.name, byteOffset: document.byteOffset, message });
    return undefined;
  };
  for await (const document of references) {
    const text = blobs.textOf(document.text);
    // Told when its turn comes.
    text.catch(() => {});
    waiting.push({ document, text });
    if (waiting.length < AT_ONCE) continue;
    const next = await take();
    if (next) yield next;
  }
  while (waiting.length > 0) {
    const next = await take();
    if (next) yield next;
  }
}

class Blobs {
  readonly #access: RemoteAccess;
  readonly #location: RemoteLocation;
  readonly #folder: string;
  readonly #running = new Map<string, Promise<Buffer | undefined>>();
  #nextAt = 0;

  constructor(contents: string, signal: AbortSignal) {
    this.#access = { patience: { signal }, s3: s3Settings() };
    this.#location = parseRemoteLocation(contents);
    const name = createHash('sha256').update(contents).digest('hex').slice(0, 16);
    this.#folder = join(cacheFolder(), 'contents', name);
  }

  /** The text, or what is wrong, as the end of a sentence. */
  async textOf(reference: Uint8Array): Promise<Uint8Array | string> {
    const { id, encoding } = readReference(reference);
    // It becomes a part of an address, and a file's name.
    if (!/^[A-Za-z0-9][A-Za-z0-9_-]{3,127}$/.test(id)) return 'names no blob';
    const packed = await this.#packed(id);
    if (packed === undefined) return `names the blob ${id}, which is not there`;
    try {
      const isPacked = packed[0] === 0x1f && packed[1] === 0x8b;
      const bytes = isPacked ? await unpack(packed, { maxOutputLength: MOST_BYTES }) : packed;
      const text = decodeNamed(bytes, encoding);
      return text ?? `names the blob ${id}, whose encoding ${encoding.slice(0, 40)} is not known`;
    } catch (cause) {
      return `names the blob ${id}, which is damaged (${(cause as Error).message})`;
    }
  }

  /** Rows that name one blob at a time share what comes. */
  #packed(id: string): Promise<Buffer | undefined> {
    const running = this.#running.get(id);
    if (running !== undefined) return running;
    const packed = this.#fetch(id).finally(() => this.#running.delete(id));
    this.#running.set(id, packed);
    return packed;
  }

  async #fetch(id: string): Promise<Buffer | undefined> {
    const file = join(this.#folder, id.slice(0, 2), id);
    if (existsSync(file)) return readFileSync(file);
    await this.#turn();
    const bytes = await fetchWhole(this.#access, below(this.#location, id), MOST_PACKED_BYTES);
    if (bytes === undefined) return undefined;
    await writeWhole(file, (draft) => writeFile(draft, bytes));
    return bytes;
  }

  /** Waits until the next request may go. */
  async #turn(): Promise<void> {
    const now = performance.now();
    const at = Math.max(now, this.#nextAt);
    this.#nextAt = at + LEAST_MS_BETWEEN;
    if (at <= now) return;
    await sleep(at - now, undefined, { signal: this.#access.patience.signal }).catch(() => {
      throw new Cancelled();
    });
  }
}

const unpack = promisify(gunzip) as (bytes: Buffer, options: object) => Promise<Buffer>;

function below(location: RemoteLocation, id: string): RemoteLocation {
  if (location.kind === 's3') {
    const folder = location.key === '' || location.key.endsWith('/') ? location.key : `${location.key}/`;
    return { ...location, key: `${folder}${id}` };
  }
  const base = location.url.href.replace(/\/*$/, '/');
  return { kind: 'https', url: new URL(`${base}${id}`) };
}

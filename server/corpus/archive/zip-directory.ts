// The directory of a zip archive. Every entry is doubted by whoever reads it: what it says of sizes and places is held
// against the bytes that are there.

import yauzl, { type Entry, type ZipFile } from 'yauzl';
import { type ByteSource, WindowedSource } from '../byte-source.ts';

/** What a directory contradicts. */
export class ZipDamage extends Error {
  readonly kind: 'corrupt' | 'truncated' | 'expands';

  constructor(kind: ZipDamage['kind'], message: string) {
    super(message);
    this.kind = kind;
  }
}

export interface ZipDirectory {
  readonly zip: ZipFile;
  /** All entries, once. */
  readonly entries: AsyncGenerator<Entry>;
  /** The bytes of members. */
  readonly members: ByteSource;
}

/** Throws `ZipDamage` where there is no directory, and what the disk failed with. */
export async function openZip(source: ByteSource): Promise<ZipDirectory> {
  const members = new WindowedSource(source, WINDOW_BYTES);
  const reader = new Reader(source, members);
  try {
    // Names are shown and never opened: one that leads out of a folder is no reason to refuse all others.
    const options = { autoClose: false, lazyEntries: true, decodeStrings: false, validateEntrySizes: false };
    const zip = await yauzl.fromRandomAccessReaderPromise(reader, source.byteLength, options);
    reader.directoryStart = (zip as unknown as { readonly readEntryCursor: number }).readEntryCursor;
    return { zip, members, entries: entriesOf(zip, reader) };
  } catch (error) {
    throw reader.failure ?? damageIn(error);
  }
}

/** The name of an entry, with `/` between its parts. */
export const nameOf = (entry: Entry): string =>
  yauzl.getFileNameLowLevel(entry.generalPurposeBitFlag, entry.fileNameRaw, entry.extraFields, false);

/** The first byte of what is packed. Throws as `openZip` does. */
export async function dataStartOf({ zip }: ZipDirectory, entry: Entry): Promise<number> {
  try {
    return (await zip.readLocalFileHeaderPromise(entry, { minimal: true })).fileDataStart;
  } catch (error) {
    throw (zip as ZipFile & { readonly reader: Reader }).reader.failure ?? damageIn(error);
  }
}

async function* entriesOf(zip: ZipFile, reader: Reader): AsyncGenerator<Entry> {
  let settle: (next: Entry | Error | undefined) => void = () => {};
  zip.on('entry', (entry: Entry) => settle(entry));
  zip.on('error', (error: Error) => settle(error));
  zip.on('end', () => settle(undefined));
  for (;;) {
    const next = await new Promise<Entry | Error | undefined>((resolve) => {
      settle = resolve;
      zip.readEntry();
    });
    if (next === undefined) return;
    if (next instanceof Error) throw reader.failure ?? damageIn(next);
    yield next;
  }
}

function damageIn(error: unknown): ZipDamage {
  const message = error instanceof Error ? error.message : String(error);
  return new ZipDamage(/EOF|not found|overflows/.test(message) ? 'truncated' : 'corrupt', message);
}

/** Entries are small and stand together; members of a source archive do, too. */
const WINDOW_BYTES = 128 << 10;

class Reader extends yauzl.RandomAccessReader {
  readonly #directory: ByteSource;
  readonly #members: ByteSource;
  /** Two windows: what is read of members is not to drop what was read of the directory. */
  directoryStart = 0;
  /** What the disk failed with. */
  failure: Error | undefined;

  constructor(source: ByteSource, members: ByteSource) {
    super();
    this.#directory = new WindowedSource(source, WINDOW_BYTES);
    this.#members = members;
  }

  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null, nBytes?: number) => void,
  ): void {
    const source = position < this.directoryStart ? this.#members : this.#directory;
    void source.read(position, length).then(
      (bytes) => callback(null, bytes.copy(buffer, offset)),
      (error: Error) => {
        this.failure = error;
        callback(error);
      },
    );
  }
}

// The members of a zip archive, by its directory: each is unpacked when it is asked for, and no other.

import { crc32, createInflateRaw, inflateRawSync } from 'node:zlib';
import type { Entry } from 'yauzl';
import { throwIfAborted } from '../../errors.ts';
import type { ByteSource } from '../byte-source.ts';
import {
  expandsLikeNoText,
  INPUT_CHUNK_BYTES,
  type Inflated,
  inflate,
  OUTPUT_CHUNK_BYTES,
} from '../inflate.ts';
import type { Packing } from '../shard-format.ts';
import { damageOf, unpack } from '../unpack/unpack.ts';
import type { ArchiveContext, Member } from './member.ts';
import { dataStartOf, nameOf, openZip, ZipDamage, type ZipDirectory } from './zip-directory.ts';

const STORED = 0;
const DEFLATED = 8;
/** Methods of the format's specification that are streams of their own elsewhere. */
const packings: Readonly<Partial<Record<number, Packing>>> = { 12: 'bz2', 93: 'zst', 95: 'xz' };

/** Whether members that are packed so are read. */
export const isRead = (method: number) =>
  method === STORED || method === DEFLATED || packings[method] !== undefined;

/** Damage of a member is a problem of its own, and what stands before it in the member is read. */
export async function* zipMembers(source: ByteSource, context: ArchiveContext): AsyncGenerator<Member> {
  const { options, unread } = context;
  const sums = { nIn: 0, nOut: 0 };
  let place = 0;
  try {
    const directory = await openZip(source);
    for await (const entry of directory.entries) {
      throwIfAborted(options.signal);
      options.onBytes(0);
      const path = nameOf(entry);
      if (!isFile(entry, path)) continue;
      const nBytes = entry.uncompressedSize;
      if (entry.isEncrypted()) unread.add('that are encrypted', path);
      else if (!isRead(entry.compressionMethod) || (entry.compressionMethod === 95 && context.isInXz))
        unread.add(`that are packed by the method ${entry.compressionMethod}`, path);
      else yield { path, nBytes, place, read: () => readMember(directory, entry, path, context, sums) };
      place += nBytes;
      if (expandsLikeNoText(sums.nIn, sums.nOut))
        throw new ZipDamage('expands', 'its members grow as no text does');
      if (!Number.isSafeInteger(place))
        throw new ZipDamage('corrupt', 'its members have more bytes than there are');
    }
  } catch (error) {
    complainOfZip(error, context);
  }
}

/** Neither a folder nor a link. */
function isFile({ versionMadeBy, externalFileAttributes }: Entry, path: string): boolean {
  const isOfUnix = versionMadeBy >> 8 === 3;
  return !path.endsWith('/') && !(isOfUnix && externalFileAttributes >>> 28 === 0o12);
}

/** Damage of the archive as a problem; throws what is none. */
export function complainOfZip(error: unknown, { shard, options }: ArchiveContext): void {
  if (!(error instanceof ZipDamage)) throw error;
  const message = `${shard.path} is no whole zip archive: ${error.message}`;
  options.onProblem({ kind: error.kind, shard: shard.name, byteOffset: 0, message });
}

export interface Sums {
  nIn: number;
  nOut: number;
}

/** The bytes of a member; its damage is a problem. */
export async function* readMember(
  directory: ZipDirectory,
  entry: Entry,
  path: string,
  context: ArchiveContext,
  sums: Sums,
): AsyncGenerator<Uint8Array> {
  const { shard, options } = context;
  let nOut = 0;
  let sum = 0;
  try {
    const start = await dataStartOf(directory, entry);
    const nBefore = sums.nIn;
    const packed = () => packedBytes(directory.members, start, entry, context);
    const inflated = (await unpackedAtOnce(directory.members, start, entry)) ?? unpacked(packed(), entry);
    for await (const { diskBytes, pieces } of inflated) {
      sums.nIn = nBefore + diskBytes;
      for (const piece of pieces) {
        nOut += piece.length;
        sums.nOut += piece.length;
        if (nOut > entry.uncompressedSize)
          throw new ZipDamage(
            'corrupt',
            `it has more than the ${entry.uncompressedSize} bytes that are said`,
          );
        sum = crc32(piece, sum);
        yield piece;
      }
      // Counted over all members: a bomb is made of many that are each harmless.
      if (expandsLikeNoText(sums.nIn, sums.nOut)) throw new ZipDamage('expands', 'it grows as no text does');
    }
    if (nOut < entry.uncompressedSize)
      throw new ZipDamage('truncated', `it has ${nOut} of ${entry.uncompressedSize} bytes`);
    if (sum !== entry.crc32) throw new ZipDamage('corrupt', 'its checksum is another one');
  } catch (error) {
    const packing = packings[entry.compressionMethod] ?? 'gz';
    const kind = error instanceof ZipDamage ? error.kind : damageOf(error, packing, nOut);
    if (!kind) throw error;
    const message = `${shard.path}: ${path} is damaged: ${(error as Error).message}`;
    options.onProblem({ kind, shard: shard.name, byteOffset: 0, message });
  }
}

/** Larger members are unpacked by pieces, beside the thread. */
const SMALL_BYTES = 256 << 10;

/** A small member, without the price of a stream; undefined for a damaged one, too: a stream tells what it is. */
async function unpackedAtOnce(
  source: ByteSource,
  start: number,
  { compressionMethod, compressedSize, uncompressedSize }: Entry,
): Promise<readonly Inflated[] | undefined> {
  if (compressionMethod !== DEFLATED || Math.max(compressedSize, uncompressedSize) > SMALL_BYTES)
    return undefined;
  const packed = await source.read(start, compressedSize);
  try {
    const bytes = inflateRawSync(packed, { maxOutputLength: Math.max(1, uncompressedSize) });
    return bytes.length === uncompressedSize ? [{ diskBytes: compressedSize, pieces: [bytes] }] : undefined;
  } catch {
    return undefined;
  }
}

function unpacked(packed: AsyncGenerator<Buffer>, { compressionMethod }: Entry): AsyncGenerator<Inflated> {
  if (compressionMethod === STORED) return asTheyAre(packed);
  if (compressionMethod === DEFLATED)
    return inflate(packed, createInflateRaw({ chunkSize: OUTPUT_CHUNK_BYTES }));
  return unpack(packed, packings[compressionMethod]!);
}

async function* asTheyAre(packed: AsyncGenerator<Buffer>): AsyncGenerator<Inflated> {
  let diskBytes = 0;
  for await (const piece of packed) {
    diskBytes += piece.length;
    yield { diskBytes, pieces: [piece] };
  }
}

async function* packedBytes(
  source: ByteSource,
  start: number,
  { compressedSize }: Entry,
  { options }: ArchiveContext,
): AsyncGenerator<Buffer> {
  for (let at = 0; at < compressedSize; ) {
    throwIfAborted(options.signal);
    const piece = await source.read(start + at, Math.min(INPUT_CHUNK_BYTES, compressedSize - at));
    if (piece.length === 0) throw new ZipDamage('truncated', 'the archive ends inside of it');
    at += piece.length;
    yield piece;
  }
}

// Finds the entries of a zip archive, also of one above 4 GiB. Reads the directory and the entries' own
// headers, and doubts both; inflates nothing. The format: PKWARE's APPNOTE, sections 4.3 to 4.5.

import type { FileHandle } from 'node:fs/promises';

export interface ZipEntry {
  readonly name: string;
  readonly isStored: boolean;
  /** Start of the entry's data, from the start of the file. */
  readonly byteOffset: number;
  /** Bytes that the entry takes in the file; `nBytes` is its size when inflated. */
  readonly nPacked: number;
  readonly nBytes: number;
}

export class ZipError extends Error {}

const END = 0x06054b50;
const END_64 = 0x06064b50;
const LOCATOR_64 = 0x07064b50;
const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;
const MAX_DIRECTORY_BYTES = 64 << 20;

/** Throws `ZipError` that says what is wrong. */
export async function readZipDirectory(file: FileHandle): Promise<ReadonlyMap<string, ZipEntry>> {
  const nFile = (await file.stat()).size;
  const { at, nBytes } = await findDirectory(file, nFile);
  if (nBytes > MAX_DIRECTORY_BYTES || at + nBytes > nFile)
    throw new ZipError('its directory lies outside the file');
  const directory = await read(file, at, nBytes);
  const entries = new Map<string, ZipEntry>();
  for (let p = 0; p + 46 <= directory.length; ) {
    if (directory.readUInt32LE(p) !== CENTRAL) throw new ZipError('its directory is damaged');
    const { entry, localAt, next } = parseCentral(directory, p);
    if (entries.has(entry.name)) throw new ZipError(`it holds ${entry.name} twice`);
    if (localAt > nFile) throw new ZipError(`its entry ${entry.name} lies outside the file`);
    if (entry.isStored && entry.nPacked !== entry.nBytes)
      throw new ZipError(`its entry ${entry.name} is not packed and says two sizes`);
    const local = await read(file, localAt, 30);
    if (local.length < 30 || local.readUInt32LE(0) !== LOCAL)
      throw new ZipError(`its entry ${entry.name} is damaged`);
    const byteOffset = localAt + 30 + local.readUInt16LE(26) + local.readUInt16LE(28);
    if (byteOffset + entry.nPacked > nFile) throw new ZipError(`it ends inside ${entry.name}`);
    entries.set(entry.name, { ...entry, byteOffset });
    p = next;
    if (p !== directory.length && p + 46 > directory.length) throw new ZipError('its directory is damaged');
  }
  return entries;
}

async function findDirectory(file: FileHandle, nFile: number): Promise<{ at: number; nBytes: number }> {
  const tailAt = Math.max(0, nFile - 65_557);
  const tail = await read(file, tailAt, nFile - tailAt);
  let end = tail.length - 22;
  while (end >= 0 && tail.readUInt32LE(end) !== END) end--;
  if (end < 0) throw new ZipError('it has no directory: it was cut off');
  const locator = end - 20;
  if (locator >= 0 && tail.readUInt32LE(locator) === LOCATOR_64) {
    const recordAt = Number(tail.readBigUInt64LE(locator + 8));
    if (recordAt > nFile) throw new ZipError('its directory lies outside the file');
    const record = await read(file, recordAt, 56);
    if (record.length === 56 && record.readUInt32LE(0) === END_64) {
      return { nBytes: Number(record.readBigUInt64LE(40)), at: Number(record.readBigUInt64LE(48)) };
    }
  }
  return { nBytes: tail.readUInt32LE(end + 12), at: tail.readUInt32LE(end + 16) };
}

function parseCentral(bytes: Buffer, p: number) {
  const flags = bytes.readUInt16LE(p + 8);
  const method = bytes.readUInt16LE(p + 10);
  const nName = bytes.readUInt16LE(p + 28);
  const nExtra = bytes.readUInt16LE(p + 30);
  const next = p + 46 + nName + nExtra + bytes.readUInt16LE(p + 32);
  if (next > bytes.length) throw new ZipError('its directory is damaged');
  const name = bytes.toString('utf8', p + 46, p + 46 + nName);
  if ((flags & 1) !== 0 || (method !== 0 && method !== 8))
    throw new ZipError(`${name} in it is encrypted or packed in an unknown way`);
  const large = extra64(bytes.subarray(p + 46 + nName, p + 46 + nName + nExtra));
  const size = (field: number) => {
    const value = bytes.readUInt32LE(p + field);
    return value === 0xffff_ffff ? large() : value;
  };
  // The sizes are asked for in the order in which the extra field holds them.
  const nBytes = size(24);
  const nPacked = size(20);
  const localAt = size(42);
  return { entry: { name, isStored: method === 0, nPacked, nBytes }, localAt, next };
}

/** The sizes that did not fit, one a call. */
function extra64(extra: Buffer): () => number {
  let at = 0;
  while (at + 4 <= extra.length && extra.readUInt16LE(at) !== 1) at += 4 + extra.readUInt16LE(at + 2);
  let p = at + 4;
  return () => {
    if (p + 8 > extra.length) throw new ZipError('its directory is damaged');
    p += 8;
    return Number(extra.readBigUInt64LE(p - 8));
  };
}

export async function read(file: FileHandle, at: number, nBytes: number): Promise<Buffer> {
  const buffer = Buffer.alloc(nBytes);
  let n = 0;
  while (n < nBytes) {
    const { bytesRead } = await file.read(buffer, n, nBytes - n, at + n);
    if (bytesRead === 0) break;
    n += bytesRead;
  }
  return buffer.subarray(0, n);
}

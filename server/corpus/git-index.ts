// Which files git tracks in a working copy, from its index: read here and not asked of git, which would follow the
// settings of whoever made the folder. Format: gitformat-index(5). Nothing in it is believed beyond its bytes.

import { closeSync, existsSync, fstatSync, readFileSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { openRegularFileSync } from '../../guard/paths/regular-file.ts';
import { nameOfBytes } from './name-bytes.ts';

/** Paths are relative to the working copy, with `/` between the parts. */
export interface TrackedFiles {
  has(path: string): boolean;
  /** Whether something below the folder is tracked. */
  hasBelow(folder: string): boolean;
}

const MAX_INDEX_BYTES = 256 << 20;
const MAX_PATH_BYTES = 4096;
/** Names share what they begin with in version 4, so a few bytes can stand for many. */
const MAX_NAME_BYTES = 256 << 20;

/**
 * The files that are tracked in a folder that holds `.git`; undefined where there is no index, and a sentence where it
 * cannot be read.
 */
export function readTrackedFiles(workingCopy: string): TrackedFiles | string | undefined {
  const git = gitFolder(join(workingCopy, '.git'));
  if (git === undefined || !existsSync(join(git, 'index'))) return undefined;
  const files = new Set<string>();
  // A split index names the one that holds most of its entries.
  for (let name: string | undefined = 'index', nRead = 0; name !== undefined && nRead < 2; nRead++) {
    const path = join(git, name);
    const bytes = readBounded(path, MAX_INDEX_BYTES);
    if (typeof bytes === 'string') return `${path} ${bytes}`;
    const index = parseIndex(bytes);
    if (!index) return `${path} is no index of git that can be read`;
    for (const file of index.paths) files.add(file);
    name = index.shared && `sharedindex.${index.shared}`;
  }
  // In order, so that a folder's files stand together: a list of all folders could be a thousand times as long.
  const sorted = [...files].sort();
  const hasBelow = (folder: string): boolean =>
    sorted[firstFrom(sorted, `${folder}/`)]?.startsWith(`${folder}/`) ?? false;
  // A submodule is tracked as a folder, and what is in it by its own index.
  return { has: (path) => files.has(path), hasBelow: (folder) => hasBelow(folder) || files.has(folder) };
}

/** The place of the first text that does not come before `text`. */
function firstFrom(sorted: readonly string[], text: string): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! < text) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** In a linked working copy and in a submodule, `.git` is a file that says where the folder is. */
function gitFolder(path: string): string | undefined {
  const said = readBounded(path, MAX_PATH_BYTES);
  if (typeof said === 'string') return existsSync(path) ? path : undefined;
  const place = /^gitdir: ([^\r\n\0]+)/.exec(said.toString())?.[1];
  // Looking at another machine's share would send an account's name there.
  if (place === undefined || /^[\\/]{2}/.test(place)) return undefined;
  return isAbsolute(place) ? place : join(dirname(path), place);
}

/** The bytes, or what is wrong. */
function readBounded(path: string, most: number): Buffer | string {
  let file: number | undefined;
  try {
    file = openRegularFileSync(path);
    const { size } = fstatSync(file);
    return size > most ? `has ${size} bytes, and at most ${most} are read` : readFileSync(file);
  } catch (error) {
    return `cannot be read: ${(error as Error).message}`;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

interface GitIndex {
  readonly paths: readonly string[];
  /** Hash in the name of the index that this one adds to. */
  readonly shared: string | undefined;
}

/** Hashes have 20 bytes, or 32 in repositories of SHA-256; the index does not say which. */
function parseIndex(bytes: Buffer): GitIndex | undefined {
  if (bytes.length < 12 || bytes.toString('latin1', 0, 4) !== 'DIRC') return undefined;
  return parseEntries(bytes, 20) ?? parseEntries(bytes, 32);
}

function parseEntries(bytes: Buffer, hashBytes: number): GitIndex | undefined {
  const version = bytes.readUInt32BE(4);
  const nEntries = bytes.readUInt32BE(8);
  const end = bytes.length - hashBytes;
  if (version < 2 || version > 4 || nEntries > bytes.length / (42 + hashBytes)) return undefined;
  const paths: string[] = [];
  let nNameBytes = 0;
  let previous = Buffer.alloc(0);
  let at = 12;
  for (let i = 0; i < nEntries; i++) {
    const start = at;
    const flagsAt = at + 40 + hashBytes;
    if (flagsAt + 2 > end) return undefined;
    const isExtended = version >= 3 && (bytes.readUInt16BE(flagsAt) & 0x4000) !== 0;
    at = flagsAt + (isExtended ? 4 : 2);
    let kept = 0;
    if (version === 4) {
      const cut = offsetAt(bytes, at, end);
      if (!cut || cut.value > previous.length) return undefined;
      at = cut.next;
      kept = previous.length - cut.value;
    }
    const nul = bytes.indexOf(0, at);
    nNameBytes += kept + nul - at;
    if (nul < 0 || nul >= end || kept + nul - at > MAX_PATH_BYTES || nNameBytes > MAX_NAME_BYTES)
      return undefined;
    previous = Buffer.concat([previous.subarray(0, kept), bytes.subarray(at, nul)]);
    const isNamed = previous.length > 0;
    // The entry of a split index that only replaces another one has no name.
    if (isNamed) paths.push(nameOfBytes(previous).replace(/\/$/, ''));
    if (isNamed && !modes.has(bytes.readUInt32BE(start + 24) >>> 12)) return undefined;
    at = version === 4 ? nul + 1 : start + ((nul - start + 8) & ~7);
  }
  return { paths, shared: sharedIndex(bytes, at, hashBytes) };
}

/** Behind the entries stand extensions: a name of four letters, a length, and so many bytes. */
function sharedIndex(bytes: Buffer, start: number, hashBytes: number): string | undefined {
  for (let at = start; at + 8 <= bytes.length - hashBytes; at += 8 + bytes.readUInt32BE(at + 4)) {
    if (bytes.toString('latin1', at, at + 4) === 'link')
      return bytes.toString('hex', at + 8, at + 8 + hashBytes);
  }
  return undefined;
}

/** What an entry can be: folder, file, link, submodule. */
const modes: ReadonlySet<number> = new Set([0o04, 0o10, 0o12, 0o16]);

/** A number in git's own variable length, in which each further byte adds one more than its bits. */
function offsetAt(bytes: Buffer, start: number, end: number): { value: number; next: number } | undefined {
  let value = 0;
  for (let at = start; at < Math.min(end, start + 6); at++) {
    const byte = bytes[at]!;
    value = value * 128 + (byte & 0x7f);
    if ((byte & 0x80) === 0) return { value, next: at + 1 };
    value++;
  }
  return undefined;
}

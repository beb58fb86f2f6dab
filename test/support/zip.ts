// Reads a zip file as it lies on the disk: names, times, and the bytes of each entry. It knows only what
// packagers write: stored or deflated entries, without encryption.

import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { inflateRawSync } from 'node:zlib';

export interface ZipEntry {
  readonly path: string;
  /** Unix permissions, and what else the writer's system knows. */
  readonly mode: number;
  readonly bytes: () => Buffer;
}

export function readZip(file: string): ReadonlyMap<string, ZipEntry> {
  const data = readFileSync(file);
  const end = data.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
  const nEntries = data.readUInt16LE(end + 10);
  const entries = new Map<string, ZipEntry>();
  let at = data.readUInt32LE(end + 16);
  for (let i = 0; i < nEntries; i++) {
    const nName = data.readUInt16LE(at + 28);
    const path = data.toString('utf8', at + 46, at + 46 + nName);
    const isDeflated = data.readUInt16LE(at + 10) === 8;
    const nBytes = data.readUInt32LE(at + 20);
    const header = data.readUInt32LE(at + 42);
    const start = header + 30 + data.readUInt16LE(header + 26) + data.readUInt16LE(header + 28);
    const stored = data.subarray(start, start + nBytes);
    entries.set(path, {
      path,
      mode: data.readUInt32LE(at + 38) >>> 16,
      bytes: () => (isDeflated ? inflateRawSync(stored) : stored),
    });
    at += 46 + nName + data.readUInt16LE(at + 30) + data.readUInt16LE(at + 32);
  }
  return entries;
}

export function unzip(file: string, folder: string): void {
  for (const { path, mode, bytes } of readZip(file).values()) {
    const to = join(folder, path);
    mkdirSync(dirname(to), { recursive: true });
    writeFileSync(to, bytes());
    if (mode & 0o100) chmodSync(to, 0o755);
  }
}

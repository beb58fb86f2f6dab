// What the directory of a zip archive says of all its members, before any of them is read: whether it can be meant, and where
// its members come from.

import type { Entry } from 'yauzl';
import { throwIfAborted } from '../../errors.ts';
import type { ByteSource } from '../byte-source.ts';
import type { ArchiveContext } from './member.ts';
import { ORIGIN_BYTES, Origins, tellsOrigin } from './origins.ts';
import { nameOf, openZip, ZipDamage, type ZipDirectory } from './zip-directory.ts';
import { complainOfZip, isRead, readMember } from './zip-members.ts';

export interface ZipSurvey {
  readonly origins: Origins;
  /** The one folder that all members lie in, as archives of repositories have it; else empty. */
  readonly folder: string;
}

/** No archive needs more of them to say what holds for its members. */
const MOST_TELLERS = 1000;

/** Looks through the directory before members are read; undefined, with a problem, for what cannot be meant. */
export async function surveyZip(source: ByteSource, context: ArchiveContext): Promise<ZipSurvey | undefined> {
  const origins = new Origins();
  const tellers: Entry[] = [];
  const ranges: { start: number; end: number }[] = [];
  let folder: string | undefined;
  const directory = await openZip(source).catch((error) => complainOfZip(error, context));
  if (!directory) return undefined;
  try {
    for await (const entry of directory.entries) {
      throwIfAborted(context.options.signal);
      const path = nameOf(entry);
      const outer = path.slice(0, path.indexOf('/') + 1);
      folder = folder === undefined || folder === outer ? outer : '';
      const start = entry.relativeOffsetOfLocalHeader;
      ranges.push({
        start,
        end: start + LEAST_HEADER_BYTES + entry.fileNameRaw.length + entry.compressedSize,
      });
      if (tellsOrigin(path) && tellers.length < MOST_TELLERS) tellers.push(entry);
    }
    const isOver = overlap(ranges);
    if (isOver) throw new ZipDamage('expands', 'its members lie over each other');
  } catch (error) {
    // What stands before the damage of a directory is read, but for members that are others' bytes.
    if (!(error instanceof ZipDamage)) throw error;
    if (error.kind === 'expands' || overlap(ranges)) {
      complainOfZip(error, context);
      return undefined;
    }
  }
  for (const entry of tellers) {
    if (entry.isEncrypted() || !isRead(entry.compressionMethod) || entry.compressionMethod === 95) continue;
    origins.learn(nameOf(entry), await startOf(directory, entry, context));
  }
  return { origins, folder: (folder ?? '').replace(/\/$/, '') };
}

/** A local header without a name. */
const LEAST_HEADER_BYTES = 30;

function overlap(ranges: readonly { readonly start: number; readonly end: number }[]): boolean {
  const sorted = ranges.toSorted((a, b) => a.start - b.start);
  return sorted.some(({ start }, i) => i > 0 && start < sorted[i - 1]!.end);
}

/** A member's beginning; its damage is told when it is read whole. */
async function startOf(directory: ZipDirectory, entry: Entry, context: ArchiveContext): Promise<Uint8Array> {
  const quiet = { ...context, options: { ...context.options, onProblem: () => {} } };
  const pieces: Uint8Array[] = [];
  let nBytes = 0;
  for await (const piece of readMember(directory, entry, '', quiet, { nIn: 0, nOut: 0 })) {
    pieces.push(new Uint8Array(piece));
    nBytes += piece.length;
    if (nBytes >= ORIGIN_BYTES) break;
  }
  return Buffer.concat(pieces);
}

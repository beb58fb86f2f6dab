// Archives as shards: tar, packed or not, and zip. A document is opened again by its place, without reading other members'.

import { basename } from 'node:path';
import { type ByteSource, fileSource } from '../byte-source.ts';
import { readUnpacked, type StreamOptions } from '../byte-stream.ts';
import type { CorpusDocument } from '../corpus-document.ts';
import { withShardFile } from '../open-shard.ts';
import type { Shard } from '../shard.ts';
import { packingOf } from '../shard-format.ts';
import { archiveDocuments, placeOf } from './archive-documents.ts';
import { type ArchiveContext, holdSmall, type Member } from './member.ts';
import { type MemberDocument, memberDocuments } from './member-documents.ts';
import { tarMembers } from './tar-members.ts';
import { Unread } from './unread.ts';
import { zipMembers } from './zip-members.ts';
import { surveyZip } from './zip-survey.ts';

/** Members that are not read are told by their number and the first of them. */
export async function* readArchive(shard: Shard, options: StreamOptions): AsyncGenerator<CorpusDocument> {
  const unread = new Unread(shard, options);
  const context = contextOf(shard, options, unread);
  const name = basename(shard.name).replace(/\.(tar(\.\w+)?|t[a-z]+\d?|zip|whl)$/i, '');
  const documents =
    shard.format === 'zip'
      ? zipDocuments(shard, name, context)
      : archiveDocuments(tarMembers(readUnpacked(shard, options), context), context, name);
  for await (const { of: _, ...document } of documents) yield document;
  unread.report();
}

async function* zipDocuments(
  shard: Shard,
  name: string,
  context: ArchiveContext,
): AsyncGenerator<CorpusDocument & MemberDocument> {
  const { onBytes } = context.options;
  yield* withShardFile(shard, context.options, async function* (file) {
    const source = fileSource(file, () => onBytes(0));
    let nTold = 0;
    const tell = (nBytes: number) => {
      const nMore = Math.min(nBytes, source.byteLength - nTold);
      nTold += nMore;
      onBytes(nMore);
    };
    const told: ByteSource = {
      byteLength: source.byteLength,
      async read(position, nBytes) {
        const bytes = await source.read(position, nBytes);
        tell(bytes.length);
        return bytes;
      },
    };
    const survey = await surveyZip(source, context);
    if (survey) {
      // Archives of repositories are called by their branch or version alone.
      const isOfBranch = survey.folder.endsWith(name.replace(/^v/, ''));
      const repository = isOfBranch ? survey.folder : name;
      yield* archiveDocuments(zipMembers(told, context), context, repository, survey.origins);
    }
    // What was not read, too: it is done with.
    tell(source.byteLength);
  });
}

function contextOf(
  shard: Shard,
  options: StreamOptions,
  unread = new Unread(shard, options),
): ArchiveContext {
  const isInXz = packingOf(shard.format) === 'xz';
  let { onColumns } = options;
  const once: StreamOptions = {
    ...options,
    // Members may have different ones; those of the first stand for the archive.
    onColumns(present) {
      onColumns?.(present);
      onColumns = undefined;
    },
  };
  return { shard, options: once, unread, unreadOf: (archive) => unread.below(archive), isInXz };
}

export interface ArchivePlace {
  readonly row: number;
  readonly byteOffset: number;
}

export interface ReopenedMember {
  readonly row: number;
  /** Undefined where it is no longer there. */
  readonly text: Uint8Array | undefined;
}

/** The texts of some documents, `places` by ascending row. */
export async function* reopenMembers(
  shard: Shard,
  places: readonly ArchivePlace[],
  options: StreamOptions,
): AsyncGenerator<ReopenedMember> {
  const context = contextOf(shard, options);
  const members =
    shard.format === 'zip'
      ? withShardFile(shard, options, async function* (file) {
          yield* zipMembers(
            fileSource(file, () => options.onBytes(0)),
            context,
          );
        })
      : tarMembers(readUnpacked(shard, options), context);
  let next = 0;
  for await (const member of members) {
    if (next === places.length) break;
    const first = next;
    while (next < places.length && places[next]!.byteOffset < member.place + member.nBytes) next++;
    if (next === first) continue;
    const wanted = places.slice(first, next);
    const found = (await pick(member, wanted, context)) ?? (await pickByRows(shard, wanted, options));
    for (const { row } of wanted) yield { row, text: found.get(row) };
  }
  for (const { row } of places.slice(next)) yield { row, text: undefined };
}

/** Texts by row; undefined where several documents share a place. */
async function pick(
  member: Member,
  wanted: readonly ArchivePlace[],
  context: ArchiveContext,
): Promise<Map<number, Uint8Array> | undefined> {
  const found = new Map<number, Uint8Array>();
  const held = await holdSmall(member, context);
  if (!held) return found;
  const last = wanted.at(-1)!.byteOffset;
  let next = 0;
  let nth = 0;
  for await (const { text } of memberDocuments(held, context, archiveDocuments)) {
    const at = placeOf(member, nth++);
    if (at > last) break;
    // The last place of a member may be that of several.
    if (nth > Math.max(1, member.nBytes) && at === last) return undefined;
    if (wanted[next]?.byteOffset === at) found.set(wanted[next++]!.row, text);
  }
  return found;
}

async function pickByRows(
  shard: Shard,
  wanted: readonly ArchivePlace[],
  options: StreamOptions,
): Promise<Map<number, Uint8Array>> {
  const rows = new Set(wanted.map(({ row }) => row));
  const found = new Map<number, Uint8Array>();
  for await (const { row, text } of readArchive(shard, options)) {
    if (rows.has(row)) found.set(row, text);
    if (found.size === rows.size) break;
  }
  return found;
}

// The documents of one member of an archive: a text, rows of several kinds, packed or not, or an archive inside the archive.

import { decodeText } from '../../text/decode-text.ts';
import { notebookText } from '../../text/notebook.ts';
import { parseObject } from '../../text/parse-json.ts';
import { memorySource } from '../byte-source.ts';
import type { StreamOptions } from '../byte-stream.ts';
import { questionProblem } from '../column-question.ts';
import { isBinary, isOfFinder, isPicture, unreadContainer } from '../first-bytes.ts';
import { JSON_HEAD_BYTES } from '../json-content.ts';
import { asJsonLines } from '../json-lines.ts';
import { parseRow } from '../parse-row.ts';
import { tableReaders } from '../read-by-places.ts';
import { splitLines } from '../read-rows.ts';
import { tableRecords } from '../read-table.ts';
import { columnsOfRows, ROWS_LOOKED_AT } from '../resolve-columns.ts';
import { allRows } from '../row-range.ts';
import { packingOf, type ShardFormat, shardFormat, streamFormOf } from '../shard-format.ts';
import { holds, mayHold } from '../told-by-content.ts';
import { type ArchiveContext, type HeldMember, hold, MAX_MEMBER_BYTES, type Member, once } from './member.ts';
import type { Origins } from './origins.ts';
import { tarMembers } from './tar-members.ts';
import { unpackMember } from './unpack-member.ts';
import { zipMembers } from './zip-members.ts';
import { surveyZip } from './zip-survey.ts';

export interface MemberDocument {
  /** A row says itself where it is from; a text is from where its archive is. */
  readonly of: 'text' | 'row';
  readonly path: string;
  readonly repository: string;
  readonly license: string;
  readonly text: Uint8Array;
}

const PACKED = 'that are packed or hold others';
const TOO_LARGE = `of more than ${MAX_MEMBER_BYTES} bytes`;
const XZ_IN_XZ = 'that are packed with xz inside of xz';

/** How an archive inside is read: as the one around it. */
export type ReadMembers = (
  members: AsyncGenerator<Member>,
  context: ArchiveContext,
  repository: string,
  origins?: Origins,
) => AsyncGenerator<MemberDocument>;

/** What a member tells of a document that says nothing itself is left empty. */
export async function* memberDocuments(
  member: Member | HeldMember,
  context: ArchiveContext,
  readMembers: ReadMembers,
): AsyncGenerator<MemberDocument> {
  const format = shardFormat(member.path);
  if (format === undefined) yield* plainDocuments(member, context);
  else if (format === 'parquet' || format === 'arrow')
    yield* tableDocuments(await held(member), format, context);
  else if (format === 'zip' || streamFormOf(format) === 'tar')
    yield* innerArchive(member, format, context, readMembers);
  else yield* streamDocuments(member, format, context);
}

const fromRow = (
  { path, repository, license }: Pick<MemberDocument, 'path' | 'repository' | 'license'>,
  text: Uint8Array,
  member: string,
): MemberDocument => ({ of: 'row', path: path || member, repository, license, text });

const held = (member: Member | HeldMember): Promise<HeldMember> | HeldMember =>
  'bytes' in member ? member : hold(member);

/** A member whose name says that it is a document, or says nothing: what it begins with tells whether it holds rows. */
async function* plainDocuments(
  member: Member | HeldMember,
  context: ArchiveContext,
): AsyncGenerator<MemberDocument> {
  const { path } = member;
  const { columns } = context.shard;
  const { head, all } =
    'bytes' in member
      ? { head: member.bytes.subarray(0, JSON_HEAD_BYTES), all: once(member.bytes) }
      : await peek(member.read());
  const form = mayHold(path);
  if (form !== undefined && holds(form, head, columns)) {
    if (form === 'json') return yield* rowsOf(all, path, context);
    return yield* recordsOf(all, form, path, context);
  }
  const bytes = 'bytes' in member ? member.bytes : await gather(all);
  if (!bytes) return context.unread.add(TOO_LARGE, path);
  const text = /\.ipynb$/i.test(path) ? notebookText(bytes) : decodeText(bytes);
  if (text === undefined) context.unread.add('that are called .ipynb and no notebooks', path);
  else yield* oneText(path, text, bytes, context);
}

/** The beginning of a stream, and all of it. */
async function peek(
  chunks: AsyncGenerator<Uint8Array>,
): Promise<{ readonly head: Buffer; readonly all: AsyncGenerator<Uint8Array> }> {
  const pieces: Uint8Array[] = [];
  let nBytes = 0;
  while (nBytes < JSON_HEAD_BYTES) {
    const { value, done } = await chunks.next();
    if (done) break;
    pieces.push(new Uint8Array(value));
    nBytes += value.length;
  }
  const start = pieces.length === 1 ? Buffer.from(pieces[0]!.buffer) : Buffer.concat(pieces);
  async function* all(): AsyncGenerator<Uint8Array> {
    yield start;
    yield* chunks;
  }
  return { head: start.subarray(0, JSON_HEAD_BYTES), all: all() };
}

async function* recordsOf(
  chunks: AsyncIterable<Uint8Array>,
  form: 'csv' | 'tsv',
  path: string,
  context: ArchiveContext,
): AsyncGenerator<MemberDocument> {
  for await (const row of tableRecords(chunks, form, inside(context, path), quietly(context)))
    yield fromRow(row, row.text, path);
}

function* oneText(
  path: string,
  text: Uint8Array,
  bytes: Uint8Array,
  { unread }: ArchiveContext,
): Generator<MemberDocument> {
  if (isBinary(text)) {
    if (unreadContainer(bytes, path)) unread.add(PACKED, path);
    else if (!isPicture(bytes) && !isOfFinder(bytes)) unread.add('that are no text', path);
  } else if (text.length > 0) yield { of: 'text', path, repository: '', license: '', text };
}

async function* tableDocuments(
  { path, bytes }: HeldMember,
  format: 'parquet' | 'arrow',
  context: ArchiveContext,
): AsyncGenerator<MemberDocument> {
  const read = await tableReaders[format]();
  const shard = inside(context, path);
  for await (const row of read(memorySource(bytes), shard, quietly(context), allRows))
    yield fromRow(row, row.text, path);
}

async function* streamDocuments(
  member: Member | HeldMember,
  format: ShardFormat,
  context: ArchiveContext,
): AsyncGenerator<MemberDocument> {
  const { path } = member;
  const packing = packingOf(format);
  if (packing === 'xz' && context.isInXz) return context.unread.add(XZ_IN_XZ, path);
  const form = streamFormOf(format);
  const chunks = unpackMember(member, packing, context);
  if (form === 'jsonl') yield* rowsOf(chunks, path, context);
  else if (form === 'csv' || form === 'tsv') yield* recordsOf(chunks, form, path, context);
  else {
    const bytes = await gather(chunks);
    if (!bytes) return context.unread.add(TOO_LARGE, path);
    // The name without its packing, as whoever unpacks it has it.
    const inner = path.replace(/\.[^./]+$/, '');
    const text = form === 'notebook' ? notebookText(bytes) : decodeText(bytes);
    if (text === undefined) context.unread.add('that are called .ipynb and no notebooks', path);
    else yield* oneText(inner, text, bytes, context);
  }
}

async function gather(chunks: AsyncIterable<Uint8Array>): Promise<Buffer | undefined> {
  const pieces: Uint8Array[] = [];
  let nBytes = 0;
  for await (const chunk of chunks) {
    nBytes += chunk.length;
    if (nBytes > MAX_MEMBER_BYTES) return undefined;
    pieces.push(new Uint8Array(chunk));
  }
  return Buffer.concat(pieces);
}

/** One archive inside another is read; what those inside hold is named. */
async function* innerArchive(
  member: Member | HeldMember,
  format: ShardFormat,
  context: ArchiveContext,
  readMembers: ReadMembers,
): AsyncGenerator<MemberDocument> {
  const { path } = member;
  const packing = packingOf(format);
  if (!context.unreadOf) return context.unread.add(PACKED, path);
  if (packing === 'xz' && context.isInXz) return context.unread.add(XZ_IN_XZ, path);
  const inner: ArchiveContext = {
    ...context,
    options: quietly(context),
    shard: inside(context, path),
    unread: context.unreadOf(path),
    unreadOf: undefined,
  };
  if (format === 'zip') {
    const source = memorySource((await held(member)).bytes);
    const survey = await surveyZip(source, inner);
    if (survey) yield* below(path, readMembers(zipMembers(source, inner), inner, '', survey.origins));
  } else {
    const chunks = unpackMember(member, packing, context);
    const unpacking = { ...inner, isInXz: context.isInXz || packing === 'xz' };
    yield* below(path, readMembers(tarMembers(chunks, unpacking), unpacking, ''));
  }
}

async function* below(
  archive: string,
  documents: AsyncGenerator<MemberDocument>,
): AsyncGenerator<MemberDocument> {
  for await (const document of documents) yield { ...document, path: `${archive}/${document.path}` };
}

/** Bytes are those of the archive. A member without a text is no question about the corpus. */
const quietly = ({ options }: ArchiveContext): StreamOptions => ({
  ...options,
  onBytes: () => options.onBytes(0),
  onProblem: ({ columns: _columns, ...problem }) =>
    options.onProblem(problem.kind === 'no-column' ? { ...problem, kind: 'no-content' } : problem),
});

const inside = ({ shard }: ArchiveContext, path: string): ArchiveContext['shard'] => ({
  ...shard,
  path: `${shard.path}: ${path}`,
});

async function* rowsOf(
  chunks: AsyncIterable<Uint8Array>,
  path: string,
  context: ArchiveContext,
): AsyncGenerator<MemberDocument> {
  const { shard, unread } = context;
  const tooLong = () => unread.add('with rows that are too long', path);
  const lines = splitLines(asJsonLines(chunks), 0, tooLong);
  const first: Uint8Array[] = [];
  let names: Parameters<typeof parseRow>[1];
  const settle = (): boolean => {
    const rows = first.map(parseObject).filter((row) => row !== 'not-json');
    const columns = columnsOfRows(shard.columns, rows);
    names = columns.names;
    if (!columns.question) {
      context.options.onColumns?.(columns.present);
      return true;
    }
    quietly(context).onProblem(questionProblem(inside(context, path), columns.question));
    return false;
  };
  function* documents(line: Uint8Array): Generator<MemberDocument> {
    const row = parseRow(line, names);
    if (typeof row === 'string') unread.add('with rows that hold no text', path);
    else yield fromRow(row, row.content, path);
  }
  for await (const { line } of lines) {
    if (line.every((byte) => byte <= 0x20)) continue;
    if (names) yield* documents(line);
    else if (first.push(line) === ROWS_LOOKED_AT) {
      if (!settle()) return;
      for (const row of first) yield* documents(row);
    }
  }
  if (!names && first.length > 0 && settle()) for (const row of first) yield* documents(row);
}

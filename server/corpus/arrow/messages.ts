// The messages of an Arrow IPC stream, and of a file, which is such a stream between marks: where each one's body lies.
// Bodies are not read here, so what is not wanted costs nothing. The format: Arrow's "Encapsulated message format".

import { Footer } from 'apache-arrow/fb/footer';
import { Message } from 'apache-arrow/fb/message';
import { MessageHeader } from 'apache-arrow/fb/message-header';
import { MetadataVersion } from 'apache-arrow/fb/metadata-version';
import { Schema } from 'apache-arrow/fb/schema';
import { ByteBuffer } from 'flatbuffers';
import type { ByteSource } from '../byte-source.ts';
import { ArrowDamage, corrupt, sizeOf } from './doubt.ts';

/** A file has one in its footer, which is told first: some writers write no other. */
export interface ArrowSchema {
  readonly kind: 'schema';
  readonly schema: Schema;
  readonly version: MetadataVersion;
  /** Size of what describes it: nothing in it is longer. */
  readonly nMetadataBytes: number;
}

export interface ArrowMessage {
  readonly kind: 'dictionary' | 'batch' | 'other';
  readonly message: Message;
  /** Size of what describes the message: nothing in it is longer. */
  readonly nMetadataBytes: number;
  readonly bodyStart: number;
  readonly nBodyBytes: number;
}

const MAGIC = 'ARROW1';
const CONTINUES = 0xffffffff;
const FIRST_READ_BYTES = 4096;
/** A schema of a hundred thousand columns has less. */
const MAX_METADATA_BYTES = 256 << 20;

const kinds: Readonly<Partial<Record<MessageHeader, ArrowMessage['kind']>>> = {
  [MessageHeader.DictionaryBatch]: 'dictionary',
  [MessageHeader.RecordBatch]: 'batch',
};

/** Throws `ArrowDamage` where they break off, after all that stand before. */
export async function* messagesOf(source: ByteSource): AsyncGenerator<ArrowSchema | ArrowMessage> {
  const { start, end, isCut } = await extentOf(source);
  let hasDictionaries = false;
  if (start > 0 && !isCut) {
    const footer = await readFooter(source, end);
    yield footer.schema;
    // In a file they may stand behind the batches that refer to them, and none takes another one's place.
    for (const place of footer.dictionaries) {
      const found = await messageAt(source, place, end);
      if (found.message?.kind === 'dictionary') yield found.message;
    }
    hasDictionaries = footer.dictionaries.length > 0;
  }
  let at = start;
  while (at < end) {
    const found = await messageAt(source, at, end);
    if (found.message?.kind !== 'schema' && isCut && at === start)
      throw new ArrowDamage('truncated', 'it ends without its footer, which has its only schema');
    at = found.next;
    if (!found.message) break;
    if (!hasDictionaries || found.message.kind !== 'dictionary') yield found.message;
  }
  if (isCut) throw new ArrowDamage('truncated', 'it ends without the mark of its end');
  if (at < end && !(await isBlank(source, at, end)))
    throw new ArrowDamage(
      'trailing',
      `its end at byte ${at} is followed by ${end - at} bytes, which are none of it`,
    );
}

/** The message at a place, and the place behind it; no message where the end is marked. */
async function messageAt(
  source: ByteSource,
  at: number,
  end: number,
): Promise<{ readonly message: ArrowSchema | ArrowMessage | undefined; readonly next: number }> {
  const head = await source.read(at, Math.min(FIRST_READ_BYTES, end - at));
  if (head.length < 4) throw cut(at);
  // Before version 0.15 of Arrow the length stood alone.
  const nPrefixBytes = head.readUInt32LE(0) === CONTINUES ? 8 : 4;
  if (head.length < nPrefixBytes) throw cut(at);
  const nMetadataBytes = head.readInt32LE(nPrefixBytes - 4);
  const bodyStart = at + nPrefixBytes + nMetadataBytes;
  if (nMetadataBytes === 0) return { message: undefined, next: bodyStart };
  if (nMetadataBytes < 0 || nMetadataBytes > MAX_METADATA_BYTES)
    throw corrupt(`the message at byte ${at} has ${nMetadataBytes} bytes`);
  if (bodyStart > end) throw cut(at);
  const metadata =
    nPrefixBytes + nMetadataBytes <= head.length
      ? head.subarray(nPrefixBytes, nPrefixBytes + nMetadataBytes)
      : await source.read(at + nPrefixBytes, nMetadataBytes);
  const message = Message.getRootAsMessage(new ByteBuffer(metadata));
  const version = message.version();
  if (version !== MetadataVersion.V5 && version !== MetadataVersion.V4)
    throw corrupt(`the message at byte ${at} is of version ${version} of the format`);
  const nBodyBytes = sizeOf(message.bodyLength(), `the length of the message at byte ${at}`);
  const next = bodyStart + nBodyBytes;
  if (next > end) throw cut(at);
  if (message.headerType() === MessageHeader.Schema) {
    const schema: Schema | null = message.header(new Schema());
    if (!schema) throw corrupt('its schema is missing');
    return { message: { kind: 'schema', schema, version, nMetadataBytes }, next };
  }
  const kind = kinds[message.headerType()] ?? 'other';
  return { message: { kind, message, nMetadataBytes, bodyStart, nBodyBytes }, next };
}

const cut = (at: number) => new ArrowDamage('truncated', `it ends inside the message at byte ${at}`);

/** The place of the messages. A file ends with a footer, its length and a mark; a stream with what is in it. */
async function extentOf(source: ByteSource): Promise<{ start: number; end: number; isCut: boolean }> {
  const { byteLength } = source;
  const head = await source.read(0, 8);
  if (head.toString('latin1', 0, 4) === 'FEA1') {
    const what =
      'it is Feather of version 1, which pandas wrote until 2020: save it as Feather 2, Parquet or JSON lines';
    throw new ArrowDamage('wrong-format', what);
  }
  if (head.toString('latin1', 0, 6) !== MAGIC) return { start: 0, end: byteLength, isCut: false };
  const tail = await source.read(Math.max(0, byteLength - 10), 10);
  const nFooterBytes = tail.length === 10 ? tail.readInt32LE(0) : -1;
  const end = byteLength - 10 - nFooterBytes;
  const isWhole = tail.toString('latin1', 4) === MAGIC && nFooterBytes >= 0 && end >= 8;
  return isWhole ? { start: 8, end, isCut: false } : { start: 8, end: byteLength, isCut: true };
}

async function readFooter(
  source: ByteSource,
  end: number,
): Promise<{ readonly schema: ArrowSchema; readonly dictionaries: readonly number[] }> {
  const nMetadataBytes = source.byteLength - 10 - end;
  if (nMetadataBytes > MAX_METADATA_BYTES) throw corrupt(`its footer has ${nMetadataBytes} bytes`);
  const footer = Footer.getRootAsFooter(new ByteBuffer(await source.read(end, nMetadataBytes)));
  const schema = footer.schema();
  if (!schema) throw corrupt('its footer has no schema');
  const nDictionaries = footer.dictionariesLength();
  if (nDictionaries * BLOCK_BYTES > nMetadataBytes)
    throw corrupt(`its footer lists ${nDictionaries} dictionaries`);
  const dictionaries = Array.from({ length: nDictionaries }, (_, i) => {
    const place = sizeOf(footer.dictionaries(i)?.offset() ?? -1n, 'the place of a dictionary');
    if (place < MAGIC.length || place >= end) throw corrupt(`a dictionary stands at byte ${place}`);
    return place;
  });
  return { schema: { kind: 'schema', schema, version: footer.version(), nMetadataBytes }, dictionaries };
}

/** What the footer says of a message. */
const BLOCK_BYTES = 24;

/** Whether what follows is padding. */
async function isBlank(source: ByteSource, start: number, end: number): Promise<boolean> {
  if (end - start > FIRST_READ_BYTES) return false;
  return (await source.read(start, end - start)).every((byte) => byte === 0);
}

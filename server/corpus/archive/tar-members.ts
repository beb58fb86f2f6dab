// The members of a tar archive, in a stream.

import { pipeline, Readable } from 'node:stream';
import { type Entry, extract } from 'tar-stream';
import { throwIfAborted, VerbatimError } from '../../errors.ts';
import type { ArchiveContext, Member } from './member.ts';

/** Places of members are summed up to here: what lies beyond is in no file. */
const LAST_PLACE = 2 ** 52;

/** Damage is a problem, after the members before it. */
export async function* tarMembers(
  chunks: AsyncIterable<Uint8Array>,
  { shard, options }: ArchiveContext,
): AsyncGenerator<Member> {
  const archive = extract();
  pipeline(Readable.from(copied(chunks), { objectMode: false }), archive, () => {});
  let place = 0;
  let isTold = false;
  const complain = (error: unknown) => {
    const message = error instanceof Error ? error.message : String(error);
    if (error instanceof VerbatimError || !/tar header|end of data|Premature|invalid|unknown/i.test(message))
      throw error;
    if (isTold) return;
    isTold = true;
    const kind = /end of data|premature/i.test(message) ? 'truncated' : 'corrupt';
    const what = `${shard.path} is no whole tar archive (${message})`;
    options.onProblem({ kind, shard: shard.name, byteOffset: 0, message: what });
  };
  try {
    for await (const entry of archive) {
      throwIfAborted(options.signal);
      options.onBytes(0);
      const { name, type, size = 0 } = entry.header;
      const pieces = entry[Symbol.asyncIterator]();
      const isFile = type === 'file' || type === 'contiguous-file';
      if (isFile) yield { path: name, nBytes: size, place, read: () => piecesOf(pieces, complain) };
      // The next member comes when all of this one was taken.
      while (!(await pieces.next()).done);
      if (isFile) place = Math.min(LAST_PLACE, place + size);
    }
  } catch (error) {
    complain(error);
  }
}

/** Ending early leaves the entry whole: to destroy it would end the archive. */
async function* piecesOf(
  pieces: ReturnType<Entry[typeof Symbol.asyncIterator]>,
  onDamage: (error: unknown) => void,
): AsyncGenerator<Uint8Array> {
  try {
    for (let next = await pieces.next(); !next.done; next = await pieces.next()) yield next.value;
  } catch (error) {
    onDamage(error);
  }
}

async function* copied(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) yield new Uint8Array(chunk);
}

// The bytes of a member of an archive that may be packed itself.

import { gunzipSync } from 'node:zlib';
import type { Packing } from '../shard-format.ts';
import { damageOf, unpack, wayOut } from '../unpack/unpack.ts';
import { unpackToDamage } from '../unpack/unpack-to-damage.ts';
import { type ArchiveContext, type HeldMember, type Member, once } from './member.ts';

/** Damage is a problem, after all that stands before it. */
export async function* unpackMember(
  member: Member | HeldMember,
  packing: Packing | undefined,
  { shard, options }: ArchiveContext,
): AsyncGenerator<Uint8Array> {
  const open = () => ('bytes' in member ? once(member.bytes) : buffers(member.read()));
  if (!packing) return yield* open();
  const atOnce = packing === 'gz' && 'bytes' in member ? gunzipSmall(member.bytes) : undefined;
  if (atOnce) return yield atOnce;
  let nOut = 0;
  try {
    const inflated = 'bytes' in member ? unpackToDamage(open, packing, 0) : unpack(open(), packing);
    for await (const { pieces } of inflated) {
      options.onBytes(0);
      for (const piece of pieces) nOut += piece.length;
      yield* pieces;
    }
  } catch (error) {
    const kind = damageOf(error, packing, nOut);
    if (!kind) throw error;
    const message = `${shard.path}: ${member.path} is damaged after ${nOut} unpacked bytes (${(error as Error).message})${wayOut(error)}`;
    options.onProblem({ kind, shard: shard.name, byteOffset: 0, message });
  }
}

/** Larger members are unpacked by pieces, beside the thread. */
const SMALL_BYTES = 256 << 10;

/** One whole stream that is small; a stream tells what is wrong with all else. */
function gunzipSmall(bytes: Buffer): Buffer | undefined {
  if (
    bytes.length < 18 ||
    bytes.length > SMALL_BYTES ||
    bytes.readUInt32LE(bytes.length - 4) > 16 * SMALL_BYTES
  )
    return undefined;
  try {
    const text = gunzipSync(bytes, { maxOutputLength: 16 * SMALL_BYTES });
    return text.length === bytes.readUInt32LE(bytes.length - 4) ? text : undefined;
  } catch {
    return undefined;
  }
}

async function* buffers(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) yield Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
}

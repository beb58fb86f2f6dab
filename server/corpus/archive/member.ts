// A member of an archive, whatever kind of archive it is.

import type { StreamOptions } from '../byte-stream.ts';
import type { Shard } from '../shard.ts';
import { shardFormat, streamFormOf } from '../shard-format.ts';
import { mayHold } from '../told-by-content.ts';
import type { Unread } from './unread.ts';

export interface Member {
  readonly path: string;
  /** Its size as the archive has it. */
  readonly nBytes: number;
  /** Sizes of the members before it, summed up: it is found again by that. */
  readonly place: number;
  /** Its bytes, to be asked for once and before the next member. */
  readonly read: () => AsyncGenerator<Uint8Array>;
}

/** A member that is in memory. */
export interface HeldMember extends Omit<Member, 'read'> {
  readonly bytes: Buffer;
}

/** Larger ones are read only where they come in pieces, and are named where they do not. */
export const MAX_MEMBER_BYTES = 256 << 20;
/** Larger ones that come in pieces are not held. */
const SMALL_BYTES = 64 << 20;

/** What reading members needs besides them. */
export interface ArchiveContext {
  readonly shard: Pick<Shard, 'name' | 'path' | 'columns'>;
  readonly options: StreamOptions;
  readonly unread: Pick<Unread, 'add'>;
  /** Set for an archive that may hold others. */
  readonly unreadOf: ((archive: string) => Pick<Unread, 'add'>) | undefined;
  /** Whether the thread's one decoder of xz is at work on the archive itself. */
  readonly isInXz: boolean;
}

export async function hold({ read, ...member }: Member): Promise<HeldMember> {
  const pieces: Uint8Array[] = [];
  for await (const piece of read()) pieces.push(new Uint8Array(piece));
  return { ...member, bytes: Buffer.concat(pieces) };
}

/** A member as its documents are read from it; undefined for a text that is too large, which is told, or is cut off. */
export async function holdSmall(
  member: Member,
  { unread }: ArchiveContext,
): Promise<Member | HeldMember | undefined> {
  const isInPieces = isStreamed(member.path);
  if (member.nBytes > SMALL_BYTES && isInPieces) return member;
  if (member.nBytes > MAX_MEMBER_BYTES) {
    unread.add(`of more than ${MAX_MEMBER_BYTES} bytes`, member.path);
    return undefined;
  }
  const held = await hold(member);
  // Rows stand for themselves; a part of a text does not.
  return held.bytes.length === member.nBytes || shardFormat(member.path) ? held : undefined;
}

/** Whether a member is read a piece at a time, however large it is. */
function isStreamed(path: string): boolean {
  const format = shardFormat(path);
  if (format === undefined) return mayHold(path) !== undefined;
  return streamFormOf(format) !== undefined;
}

export async function* once(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}

// The places of the pieces of a part of a segment: for sixteen of them the first one's place, then their lengths in as many
// bytes as the longest one needs. docs/index-format.md, section 4.

import { GrowingUint32 } from '../engine/growing-array.ts';

/** Pieces of a group, and the bytes of the place of its first. */
const GROUP = 16;
const PLACE_BYTES = 6;
const MOST_LENGTH_BYTES = 4;

export interface PiecePlaces {
  readonly nPieces: number;
  /** Bytes of a length. */
  readonly lengthBytes: number;
}

const groupBytes = ({ lengthBytes }: PiecePlaces): number => PLACE_BYTES + GROUP * lengthBytes;

/** Bytes of the whole table. */
export const tableBytes = (places: PiecePlaces): number =>
  Math.ceil(places.nPieces / GROUP) * groupBytes(places);

export const isPossible = ({ lengthBytes }: PiecePlaces): boolean =>
  lengthBytes >= 1 && lengthBytes <= MOST_LENGTH_BYTES;

/** The bytes of the table that tell of a piece: start and length. */
export function groupOf(
  places: PiecePlaces,
  piece: number,
): { readonly at: number; readonly nBytes: number } {
  return { at: Math.floor(piece / GROUP) * groupBytes(places), nBytes: groupBytes(places) };
}

/** Start and length of a piece, from the bytes of its group. */
export function placeIn(group: Buffer, { lengthBytes }: PiecePlaces, piece: number) {
  let at = group.readUIntLE(0, PLACE_BYTES);
  let nBytes = 0;
  for (let i = 0; i <= piece % GROUP; i++) {
    at += nBytes;
    nBytes = group.readUIntLE(PLACE_BYTES + i * lengthBytes, lengthBytes);
  }
  return { at, nBytes };
}

/** Takes the lengths of pieces that lie one after the other. */
export class PlaceWriter {
  readonly #lengths = new GrowingUint32();
  #longest = 0;

  add(nBytes: number): void {
    this.#lengths.push(nBytes);
    if (nBytes > this.#longest) this.#longest = nBytes;
  }

  end(): PiecePlaces & { readonly table: Buffer } {
    const nPieces = this.#lengths.length;
    const lengthBytes = Math.max(1, Math.ceil(Math.log2(this.#longest + 1) / 8));
    const table = Buffer.alloc(tableBytes({ nPieces, lengthBytes }));
    let to = 0;
    let at = 0;
    for (let i = 0; i < nPieces; i++) {
      if (i % GROUP === 0)
        to = table.writeUIntLE(at, (i / GROUP) * groupBytes({ nPieces, lengthBytes }), PLACE_BYTES);
      const nBytes = this.#lengths.get(i);
      to = table.writeUIntLE(nBytes, to, lengthBytes);
      at += nBytes;
    }
    return { nPieces, lengthBytes, table };
  }
}

// Lays texts behind each other for a card: a stream of tokens, none of which is padding, and where each text, each tile of
// queries and each wanted token lies in it. Pure.

/** Consecutive tokens of which those from `nKnown` on are wanted; the last is asked for and not read. */
export interface TextRow {
  readonly tokens: Int32Array<ArrayBuffer>;
  /** At least 1: nothing can be said about a token without one before it. */
  readonly nKnown: number;
}

/** Queries that share a block of attention, as server/sampling/cuda/kernels/texts.cu has them. */
export const QUERY_TILE = 64;

export interface LaidTexts {
  /** int32 [stream]. */
  readonly tokens: Int32Array<ArrayBuffer>;
  /** int32 [stream]: each token's position in its text. */
  readonly positions: Int32Array<ArrayBuffer>;
  /** int32 [tile, 3]: the places of a text's first token and of its tile's first query, and the one behind the text. */
  readonly tiles: Int32Array<ArrayBuffer>;
  /** int32 [wanted]: the places of the tokens before those that are wanted. */
  readonly places: Int32Array<ArrayBuffer>;
  /** int32 [wanted]: the wanted tokens themselves. */
  readonly targets: Int32Array<ArrayBuffer>;
}

/** Positions that a text takes in a stream. */
export const positionsOf = ({ tokens }: Pick<TextRow, 'tokens'>): number => tokens.length - 1;

export function layTexts(rows: readonly TextRow[]): LaidTexts {
  const sum = (of: (row: TextRow) => number) => rows.reduce((all, row) => all + of(row), 0);
  const nPositions = sum(positionsOf);
  const nWanted = sum(({ tokens, nKnown }) => tokens.length - nKnown);
  const nTiles = sum((row) => Math.ceil(positionsOf(row) / QUERY_TILE));
  const tokens = new Int32Array(nPositions);
  const positions = new Int32Array(nPositions);
  const tiles = new Int32Array(3 * nTiles);
  const places = new Int32Array(nWanted);
  const targets = new Int32Array(nWanted);
  let [place, tile, wanted] = [0, 0, 0];
  for (const row of rows) {
    const end = place + positionsOf(row);
    tokens.set(row.tokens.subarray(0, -1), place);
    for (let at = place; at < end; at++) positions[at] = at - place;
    // The tiles that see most come first: what is left for last is short.
    const last = place + Math.floor((end - 1 - place) / QUERY_TILE) * QUERY_TILE;
    for (let at = last; at >= place; at -= QUERY_TILE) tiles.set([place, at, end], 3 * tile++);
    targets.set(row.tokens.subarray(row.nKnown), wanted);
    for (let at = row.nKnown - 1; at < positionsOf(row); at++) places[wanted++] = place + at;
    place = end;
  }
  return { tokens, positions, tiles, places, targets };
}

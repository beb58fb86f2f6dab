// Fills the tables of places of a new study, and their indexes, by their pages: there are millions of places, and SQLite takes a
// microsecond for each.

import { PLACE_CAP } from '../../engine/detection.ts';
import { GrowingUint32 } from '../../engine/growing-array.ts';
import type { PlaceTable } from '../place-writer.ts';
import { openForReading } from '../study-file.ts';
import { PageFile } from './page-file.ts';
import { TreeWriter } from './tree-writer.ts';

/** A place of which only the lines are known. `whose` is an index into the ids. */
export type WritePlace = (
  fragmentId: number,
  ordinal: number,
  whose: number,
  firstLine: number,
  lastLine: number,
) => void;

export interface NewPlaces {
  /** Ids of the documents or samples that hold the places, each once. */
  readonly ids: Float64Array;
  /** Gives `write` all places in order of fragments, their ordinals from 0 to below `PLACE_CAP`; it is called once. */
  visit(write: WritePlace): void;
}

/** What table `train_occurrences` or `sample_occurrences` gets. */
export type PlacesOfTables = Readonly<Record<PlaceTable, NewPlaces>>;

const TABLES = ['train_occurrences', 'sample_occurrences'] as const;

/** Fills the tables of a study, in which they are empty, and which nobody has open. */
export function fillPlaces(path: string, places: PlacesOfTables): void {
  const roots = TABLES.map((table) => rootsOf(path, table));
  using file = new PageFile(path);
  const written = new WrittenPlaces();
  const sorted = new SortedPlaces();
  for (const [i, table] of TABLES.entries()) {
    written.clear();
    fillTable(new TreeWriter(file, roots[i]!.table, N_COLUMNS), places[table], written);
    fillIndex(new TreeWriter(file, roots[i]!.index, N_INDEX_COLUMNS), places[table].ids, written, sorted);
  }
  file.end();
}

/** The pages at which a table and its one index begin. */
function rootsOf(path: string, table: PlaceTable): { readonly table: number; readonly index: number } {
  using db = openForReading(path);
  const trees = db.prepare('SELECT type, rootpage FROM sqlite_schema WHERE tbl_name = ? ORDER BY type DESC');
  const rows = trees.all(table);
  // An index that nobody fills would be damage.
  if (rows.map(({ type }) => type).join() !== 'table,index') throw new Error(`${table} has other indexes`);
  if (db.prepare(`SELECT 1 FROM ${table} LIMIT 1`).get()) throw new Error(`${table} has places`);
  return { table: Number(rows[0]!.rootpage), index: Number(rows[1]!.rootpage) };
}

/** Fragment, ordinal, whose, first and last line, byte offset and number of bytes. */
const N_COLUMNS = 7;
/** Whose, fragment, ordinal. */
const N_INDEX_COLUMNS = 3;

/** What a table got, as far as its index needs it. Its room serves for one table after the other. */
class WrittenPlaces {
  /** For each place whose it is. */
  readonly whose = new GrowingUint32();
  /** Fragments, and the first place of each. */
  readonly fragmentIds = new GrowingUint32();
  readonly starts = new GrowingUint32();

  clear(): void {
    for (const column of [this.whose, this.fragmentIds, this.starts]) column.truncate(0);
  }
}

function fillTable(tree: TreeWriter, { ids, visit }: NewPlaces, written: WrittenPlaces): void {
  const { row } = tree;
  visit((fragmentId, ordinal, whose, firstLine, lastLine) => {
    if (ordinal === 0) {
      written.fragmentIds.push(fragmentId);
      written.starts.push(written.whose.length);
    }
    written.whose.push(whose);
    row[0] = fragmentId;
    row[1] = ordinal;
    row[2] = ids[whose]!;
    row[3] = firstLine;
    row[4] = lastLine;
    tree.add();
  });
  tree.end();
}

function fillIndex(tree: TreeWriter, ids: Float64Array, written: WrittenPlaces, sorted: SortedPlaces): void {
  const inOrder = new Uint32Array(ids.length).map((_, i) => i).sort((a, b) => ids[a]! - ids[b]!);
  const whoses = written.whose.view();
  /** How many places each id has. */
  const counts = new Uint32Array(ids.length);
  for (const whose of whoses) counts[whose]!++;
  /** For each id the index of its next place. */
  const next = new Uint32Array(ids.length);
  let nPlaces = 0;
  for (const whose of inOrder) {
    next[whose] = nPlaces;
    nPlaces += counts[whose]!;
  }
  const { fragmentIds, ordinals } = sorted.roomFor(nPlaces);
  for (let i = 0; i < written.starts.length; i++) {
    const start = written.starts.get(i);
    const end = i + 1 < written.starts.length ? written.starts.get(i + 1) : whoses.length;
    const fragmentId = written.fragmentIds.get(i);
    for (let place = start; place < end; place++) {
      const at = next[whoses[place]!]!++;
      fragmentIds[at] = fragmentId;
      ordinals[at] = place - start;
    }
  }
  const { row } = tree;
  for (const whose of inOrder) {
    row[0] = ids[whose]!;
    const end = next[whose]!;
    for (let at = end - counts[whose]!; at < end; at++) {
      row[1] = fragmentIds[at]!;
      row[2] = ordinals[at]!;
      tree.add();
    }
  }
  tree.end();
}

const Ordinals = PLACE_CAP <= 2 ** 16 ? Uint16Array : Uint32Array;

/** Room for the places of one index after the other: nobody collects that of the first in between. */
class SortedPlaces {
  fragmentIds = new Uint32Array();
  ordinals = new Ordinals();

  roomFor(nPlaces: number): this {
    if (nPlaces > this.fragmentIds.length) {
      this.fragmentIds = new Uint32Array(nPlaces);
      this.ordinals = new Ordinals(nPlaces);
    }
    return this;
  }
}

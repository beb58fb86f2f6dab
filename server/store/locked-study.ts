// Opens a study that is there for writing, for commands that add to it: refused while another process writes.

import { lockOrRefuse } from '../file-lock.ts';
import { type Database, openForReading, openForWriting } from './study-file.ts';

export async function withLockedStudy<T>(file: string, work: (db: Database) => T | Promise<T>): Promise<T> {
  openForReading(file).close(); // refuses what is no study before anything is made
  using _ = lockOrRefuse(file, 'Wait for it to end.');
  openForReading(file).close(); // and what was deleted meanwhile
  using db = openForWriting(file);
  return await work(db);
}

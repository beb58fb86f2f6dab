// Opens a study that is there for writing, for commands that add to it: refused while another process writes.

import { UserError } from '../errors.ts';
import { type Database, openForReading, openForWriting, tryLock } from '../store/study-file.ts';

export async function withLockedStudy<T>(file: string, work: (db: Database) => T | Promise<T>): Promise<T> {
  openForReading(file).close(); // refuses what is no study before anything is made
  using lock = tryLock(file);
  if (!lock) throw new UserError(`Another run is writing ${file}`, { action: 'Wait for it to end.' });
  using db = openForWriting(file);
  return await work(db);
}

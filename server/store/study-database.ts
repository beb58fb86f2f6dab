// A connection to one study whose failures name the study: what SQLite says of damage, of a full disk or of a lock in
// the middle of a query is told as it is when the file is opened.

import { DatabaseSync, type DatabaseSyncOptions, type StatementSync } from 'node:sqlite';
import { translating } from '../sqlite-failure.ts';

export class StudyDatabase extends DatabaseSync {
  /** The studies that this thread has opened, for whoever must say which one may be damaged. */
  static readonly opened = new Set<string>();

  /** The study's path, as messages name it. */
  readonly path: string;
  /** What the file was like when it was opened for reading, where nobody had written it for a while. */
  settledState: string | undefined;

  /** `file` is what is opened, and may be spelt another way. */
  constructor(path: string, file: string | URL, options: DatabaseSyncOptions = {}) {
    super(file, { ...options, open: false });
    this.path = path;
    translating(path, () => this.open());
    StudyDatabase.opened.add(path);
  }

  override exec(sql: string): void {
    translating(this.path, () => super.exec(sql));
  }

  override prepare(sql: string): StatementSync {
    const statement = translating(this.path, () => super.prepare(sql));
    for (const method of ['get', 'all', 'run', 'iterate'] as const) nameStudyOf(statement, method, this.path);
    return statement;
  }
}

type Answers = Record<string, (...values: unknown[]) => unknown>;

/** Lets a method of this one object name the study in what it throws. A query that is iterated fails at its rows. */
function nameStudyOf(object: object, method: string, path: string): void {
  const answers = object as Answers;
  const answer = answers[method]!;
  answers[method] = (...values) => {
    const given = translating(path, () => answer.apply(object, values));
    if (method === 'iterate') nameStudyOf(given as object, 'next', path);
    return given;
  };
}

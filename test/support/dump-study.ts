// A study's tables as text, without the times that differ between any two runs.

import { DatabaseSync } from 'node:sqlite';

export function dumpStudy(file: string): string {
  const db = new DatabaseSync(file, { readOnly: true });
  try {
    // A virtual table's rows lie in tables of its own.
    const tables = db
      .prepare(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY name",
      )
      .all();
    return tables
      .flatMap(({ name }) => [
        `## ${name}`,
        ...db
          .prepare(`SELECT * FROM ${name}`)
          .all()
          .map((row) =>
            JSON.stringify({ ...row, created_at: null, elapsed_ms: null, done_at: null }, asText),
          ),
      ])
      .join('\n');
  } finally {
    db.close();
  }
}

const asText = (_key: string, value: unknown) =>
  value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value;

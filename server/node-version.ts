// Which Node will do. It must run on any: no syntax, no import that an older one lacks.

const NEEDED_MAJOR = 24;

/** What to tell somebody whose Node is too old; null where `version` will do. */
export function refuseNode(version: string): string | null {
  if (Number.parseInt(version, 10) >= NEEDED_MAJOR) return null;
  return (
    `verbatim: Node ${NEEDED_MAJOR} or later is needed, this is ${version}\n` +
    `  Install it, or let npm bring it along, in the folder where Verbatim is: npm install node@${NEEDED_MAJOR}`
  );
}

/** From here on SQLite deletes no file that a forged journal names. Node brings it from 24.19 on. */
const NEEDED_SQLITE = '3.53.3';

/** What to tell somebody whose Node brings an older SQLite; null where it will do. */
export function adviseSqlite({
  node,
  sqlite,
}: {
  readonly node: string;
  readonly sqlite?: string;
}): string | null {
  if (sqlite === undefined || isAtLeast(sqlite, NEEDED_SQLITE)) return null;
  return (
    `SQLite ${NEEDED_SQLITE} or later is needed where study files come from strangers; Node ${node} brings ${sqlite}.\n` +
    '  Use Node 24.19 or later. Until then Verbatim opens no study that has a rollback journal beside it.'
  );
}

function isAtLeast(version: string, least: string): boolean {
  const given = version.split('.').map(Number);
  const wanted = least.split('.').map(Number);
  const at = wanted.findIndex((part, i) => part !== (given[i] || 0));
  return at < 0 || (given[at] || 0) > wanted[at]!;
}

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

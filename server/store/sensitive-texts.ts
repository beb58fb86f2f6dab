// Texts of fragments that may hold sensitive content: those that are known to, and those that nobody has looked into.

import type { Database } from './study-file.ts';

/** Looks up one fragment after another; undefined for one that is known to hold nothing, or that there is not. */
export function openSensitiveTexts(db: Database): (fingerprint: string) => string | undefined {
  const find = db.prepare(
    `SELECT text FROM fragments LEFT JOIN fragment_facts USING (fragment_id)
     WHERE fingerprint = ? AND coalesce(sensitive, 'unknown') <> ''`,
  );
  const decoder = new TextDecoder();
  return (fingerprint) => {
    const text = find.get(fingerprint)?.text as Uint8Array | undefined;
    return text && decoder.decode(text);
  };
}

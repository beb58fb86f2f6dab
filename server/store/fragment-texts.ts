// The texts of all fragments, one after the other. SQLite reads a million in no time, but a million lists of bytes take long to make:
// so it joins the texts of a page, which are cut apart again here.

import { damaged } from '../sqlite-failure.ts';
import type { Database } from './study-file.ts';

export interface FragmentText {
  readonly fragmentId: number;
  readonly text: string;
}

const PAGE_ROWS = 256;
/** A longer text is read by itself, so that a page never outgrows what a value may be. */
const MOST_BYTES = 1 << 16;

/** Every fragment's text in order of fragment_id, a page in memory at a time. */
export function* readFragmentTexts(db: Database): Generator<FragmentText> {
  const decoder = new TextDecoder();
  const decode = (bytes: Uint8Array) => decoder.decode(bytes);
  const page = db.prepare(
    `SELECT json_group_array(fragment_id) AS ids, json_group_array(length(text)) AS lengths,
       CAST(group_concat(CASE WHEN length(text) <= ${MOST_BYTES} THEN text ELSE x'' END, '') AS BLOB) AS texts
     FROM (SELECT fragment_id, text FROM fragments WHERE fragment_id > ? ORDER BY fragment_id LIMIT ${PAGE_ROWS})`,
  );
  const one = db.prepare('SELECT text FROM fragments WHERE fragment_id = ?');
  for (let last = Number.MIN_SAFE_INTEGER; ; ) {
    const row = page.get(last)!;
    const ids: readonly number[] = JSON.parse(String(row.ids));
    const lengths: readonly number[] = JSON.parse(String(row.lengths));
    if (!ids.every(Number.isSafeInteger)) throw damaged(db.path, 'the number of a fragment is too large');
    const texts = (row.texts as Uint8Array | null) ?? new Uint8Array(0);
    const nJoined = lengths.reduce((sum, nBytes) => (nBytes <= MOST_BYTES ? sum + nBytes : sum), 0);
    // In a file with another encoding of texts they are not joined byte by byte.
    const most = nJoined === texts.length ? MOST_BYTES : -1;
    const textAt = cutting(texts, decode);
    let at = 0;
    for (const [i, fragmentId] of ids.entries()) {
      const nBytes = lengths[i]!;
      const text = nBytes <= most ? textAt(at, at + nBytes) : decode(one.get(fragmentId)!.text as Uint8Array);
      yield { fragmentId, text };
      if (nBytes <= most) at += nBytes;
    }
    if (ids.length < PAGE_ROWS) return;
    last = ids.at(-1)!;
  }
}

/** Decodes what stands from one byte to another. */
function cutting(
  bytes: Uint8Array,
  decode: (bytes: Uint8Array) => string,
): (start: number, end: number) => string {
  const whole = decode(bytes);
  // With as many letters as bytes, each byte is a letter of its own, wherever a text begins.
  if (whole.length === bytes.length) return (start, end) => whole.slice(start, end);
  return (start, end) => decode(bytes.subarray(start, end));
}

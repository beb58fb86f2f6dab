// Table `fragment_words`: which fragments hold a word, so that a view need not read all texts for a few. It knows
// words from SQLite's tokenizer alone; who asks holds what it finds against the texts.

import { readFragmentTexts } from './fragment-texts.ts';
import { forgetStage, isDone, setDoneAfterAnalysis } from './stages-table.ts';
import type { Database } from './study-file.ts';

/** Matches the places where a word begins inside another, so that `parseFile` also counts under `File`. */
const HUMPS = /(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/g;
const ASCII_WORDS = /[A-Za-z0-9]+/g;
const ASCII_WORD = /^[A-Za-z0-9]+$/;
/** The most letters that are listed of a word from a hump on: data in a text may be one word of a megabyte. */
const LONGEST = 64;
/** Matches what stands between words. Letters beyond ASCII are left to SQLite's tokenizer, so they stay together here. */
const BETWEEN_WORDS = /[\0-/:-@[-`{-\x7f]+/;

/** Lists the words of all fragments there are. Call inside a transaction. */
export function indexWords(db: Database): void {
  forgetWords(db);
  const insert = db.prepare('INSERT INTO fragment_words (rowid, text) VALUES (?, ?)');
  for (const { fragmentId, text } of readFragmentTexts(db)) {
    insert.run(fragmentId, [text, ...wordsInside(text)].join(' '));
  }
  db.exec("INSERT INTO fragment_words (fragment_words) VALUES ('optimize')");
  setDoneAfterAnalysis(db, 'words');
}

export function forgetWords(db: Database): void {
  db.exec("INSERT INTO fragment_words (fragment_words) VALUES ('delete-all')");
  forgetStage(db, 'words');
}

/**
 * What to ask the index for texts in which `text` may stand from the beginning of a word on; undefined where
 * it holds no word that the index could know.
 */
export function wordsQuery(text: string): string | undefined {
  const words = text.split(BETWEEN_WORDS);
  const known = words.flatMap((word, i) =>
    ASCII_WORD.test(word)
      ? [`"${word.slice(0, LONGEST)}"${i === words.length - 1 || word.length > LONGEST ? '*' : ''}`]
      : [],
  );
  return known.length === 0 ? undefined : known.join(' AND ');
}

/** The whole words of a text that the index knows as they stand here, in lower case. */
export const wholeWords = (text: string): readonly string[] =>
  text.split(BETWEEN_WORDS).flatMap((word) => (ASCII_WORD.test(word) ? [word.toLowerCase()] : []));

/** Fragments that hold all of the words, ascending, `most` of them. */
export type WordLookup = (words: readonly string[], most: number) => readonly number[];

/** Undefined where the words of the fragments are not listed. */
export function openWordLookup(db: Database): WordLookup | undefined {
  if (!isDone(db, 'words')) return undefined;
  const found = db.prepare('SELECT rowid FROM fragment_words WHERE fragment_words MATCH ? LIMIT ?');
  return (words, most) =>
    found.all(words.map((word) => `"${word}"`).join(' AND '), most).map(({ rowid }) => Number(rowid));
}

/** Whether `wanted`, in lower case, stands in the text from the beginning of a word on; case counts beyond ASCII. */
export function standsFromWord(text: string, wanted: string): boolean {
  const lower = asciiLower(text);
  for (let at = lower.indexOf(wanted); at >= 0; at = lower.indexOf(wanted, at + 1)) {
    if (beginsWord(text, at)) return true;
  }
  return false;
}

export const asciiLower = (text: string): string => text.replace(/[A-Z]+/g, (word) => word.toLowerCase());

function beginsWord(text: string, at: number): boolean {
  if (
    !/[A-Za-z0-9]/.test(text[at] ?? '') ||
    !/[\p{L}\p{N}\p{M}\p{Co}]$/u.test(text.slice(Math.max(0, at - 2), at))
  )
    return true;
  const around = text.slice(at - 1, at + 2);
  return /^[a-z0-9][A-Z]|^[A-Z][A-Z][a-z]/.test(around);
}

/** The rests of the text's words from each hump on. */
function wordsInside(text: string): Set<string> {
  const found = new Set<string>();
  for (const [word] of text.matchAll(ASCII_WORDS)) {
    for (const { index } of word.matchAll(HUMPS)) found.add(word.slice(index, index + LONGEST));
  }
  return found;
}

// How the documents of a study are called in what is written of it: as they are, or with secrets and addresses masked.
// A shard is a file of whoever looks, by which a row is found, and keeps its name.

import type { Foreign } from '../../guard/text/foreign.ts';
import type { Provenance } from '../../protocol/fragments.ts';
import { maskBy, maskNames } from '../sensitive/mask-names.ts';
import { readNames } from '../store/matched-documents.ts';
import type { Database } from '../store/study-file.ts';
import type { Disclosure } from './undisclosed.ts';

export type ShowPlace = <Place extends Partial<Provenance>>(place: Place) => Place;

/** Sentences and paths that may hold such names, in their order. */
export async function disclosedWords(
  words: readonly string[],
  disclosure: Disclosure,
): Promise<readonly string[]> {
  if (disclosure === 'shown') return words;
  const masked = await maskNames(words);
  return words.map((word) => masked.get(word) ?? word);
}

export async function disclosedNames(db: Database, disclosure: Disclosure): Promise<ShowPlace> {
  const masked = disclosure === 'masked' ? await maskNames(readNames(db)) : new Map<string, string>();
  if (masked.size === 0) return (place) => place;
  const mask = maskBy(masked);
  const shown = (name: Foreign | undefined) => name && mask(name);
  return (place) => {
    const { repository, path, license } = place;
    const names = { repository, path, license };
    const present = Object.entries(names).filter(([, name]) => name !== undefined);
    return { ...place, ...Object.fromEntries(present.map(([key, name]) => [key, shown(name)])) };
  };
}

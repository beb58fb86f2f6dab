// How the files in the folder of an index are named, as in docs/index-format.md.

/** There from the beginning. */
export const INDEX_LOCK = 'index-lock';

export const isOfIndex = (name: string): boolean =>
  /^(index\.json|index-lock|(draft|spill|segment)-[\w-]+)$/.test(name);

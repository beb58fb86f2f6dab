// Downloads that were interrupted, as the Hub's own tools leave them: in the cache beside what is whole, or below the folder
// that they were to fill. Knows no model.

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** A sentence about them, or null where there are none. */
export async function findUnfinished(dir: string): Promise<string | null> {
  const cached = /^(.*[/\\]models--[^/\\]+)[/\\]snapshots[/\\][^/\\]+[/\\]?$/.exec(dir);
  const places = [
    dir,
    join(dir, '.cache', 'huggingface', 'download'),
    ...(cached ? [join(cached[1]!, 'blobs')] : []),
  ];
  for (const place of places) {
    const names = await readdir(place).catch((): string[] => []);
    const nUnfinished = names.filter((name) => name.endsWith('.incomplete')).length;
    if (nUnfinished > 0)
      return `A download was interrupted: ${nUnfinished} ${nUnfinished === 1 ? 'file is' : 'files are'} unfinished in ${place}.`;
  }
  return null;
}

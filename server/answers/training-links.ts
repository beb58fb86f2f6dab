// Links to where a training line lies on the web: the shard on the Hub, as it was scanned, and a guess where the
// file may lie on GitHub. Nothing is looked up.

import { forAddress } from '../../guard/text/for-address.ts';
import { rawText } from '../../guard/text/foreign.ts';
import type { Provenance } from '../../protocol/fragments.ts';

export interface TrainingLinks {
  /** The shard's file at the commit that was scanned; null where it did not come from the Hub. */
  readonly shardUrl: string | null;
  /**
   * The page that the row's file would have on GitHub today. A guess: the repository may lie elsewhere, be gone, or
   * have changed since. Null where the row names none.
   */
  readonly guessedUrl: string | null;
}

/** `shardPath` is where the shard was read. */
export function trainingLinks(
  from: Pick<Provenance, 'repository' | 'path'>,
  shardPath: string,
  { firstLine, lastLine }: { readonly firstLine: number; readonly lastLine: number },
): TrainingLinks {
  const [repository, path] = [from.repository, from.path].map(rawText) as [string, string];
  const lines = firstLine === lastLine ? `#L${firstLine}` : `#L${firstLine}-L${lastLine}`;
  const isGuessable = ownerAndName.test(repository) && path !== '' && !packageName.test(path);
  return {
    shardUrl: hubUrl(shardPath),
    guessedUrl: isGuessable
      ? `https://github.com/${forAddress(repository)}/blob/HEAD/${forAddress(path)}${lines}`
      : null,
  };
}

/** The cache's folders say which file at which commit they hold. */
function hubUrl(shardPath: string): string | null {
  const match = /[\\/]datasets--([\w.-]+)[\\/]snapshots[\\/]([0-9a-f]{40})[\\/](.+)$/.exec(shardPath);
  if (!match) return null;
  const [, folder = '', commit, file = ''] = match;
  const repository = folder.replace('--', '/');
  return `https://huggingface.co/datasets/${repository}/blob/${commit}/${forAddress(file)}`;
}

/** The names that GitHub allows. */
const ownerAndName = /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})\/[\w.-]+$/;
/** `name@1.2.3/file`: a file of a published package, not of the repository. */
const packageName = /^(?:@[\w.-]+\/)?[\w.-]+@\d/;

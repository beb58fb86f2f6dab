// What every SARIF file of a study needs, whatever it tells.

import { forAddress } from '../../guard/text/for-address.ts';
import { forJson } from '../../guard/text/for-json.ts';
import type { Provenance } from '../../protocol/fragments.ts';

export const trainUri = ({ repository, path, shard, row }: Provenance): string =>
  forAddress('train', ...(path ? [repository, path] : [shard, row]));

/** Items as JSON, a line each, with commas between. */
export async function* joined(items: Iterable<unknown> | AsyncIterable<unknown>): AsyncGenerator<string> {
  let previous: string | undefined;
  for await (const item of items) {
    if (previous !== undefined) yield `${previous},`;
    previous = forJson(item);
  }
  if (previous !== undefined) yield previous;
}

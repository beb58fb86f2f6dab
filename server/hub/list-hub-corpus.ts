// The shards of a corpus that lies on the Hub: names, sizes and places in the cache. Fetches the listing and
// the card, no data.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DataProblem } from '../../protocol/errors.ts';
import type { ColumnNames } from '../../protocol/study.ts';
import { namedFormat, type Shard } from '../corpus/shard.ts';
import { readConfigurations } from './data-set-card.ts';
import { downloadFile } from './download-file.ts';
import { snapshotFolder } from './hub-cache.ts';
import { parseHubName } from './hub-name.ts';
import { type HubAccess, listRepository, type RepositoryFile } from './list-repository.ts';
import { selectShards } from './select-files.ts';

export interface HubCorpus {
  readonly commit: string;
  readonly shards: readonly Omit<Shard, 'index'>[];
}

/** `commit` goes on with a study that began with it; undefined asks what the revision means now. */
export async function listHubCorpus(
  access: HubAccess,
  location: string,
  commit: string | undefined,
  columns: ColumnNames | undefined,
  signal: AbortSignal,
): Promise<HubCorpus> {
  const name = parseHubName(location, 'dataset');
  const listing = await listRepository(access, name, commit ?? name.revision);
  const card = listing.files.find(({ path }) => path === 'README.md');
  const configurations =
    name.subset !== '' && card
      ? readConfigurations(await readCard(access, name, listing.commit, card, signal))
      : new Map();
  const folder = snapshotFolder(access.settings, name, listing.commit);
  const shards = selectShards(name, listing.files, configurations).map(({ path, nBytes, hash }) => ({
    path: join(folder, ...path.split('/')),
    name: path,
    format: namedFormat(path) ?? ('text' as const),
    nBytes,
    modifiedMs: 0,
    files: [],
    hub: { kind: name.kind, repository: name.repository, commit: listing.commit, path, hash },
    ...(columns && { columns }),
  }));
  if (listing.source === 'hub' || shards.length === 0) return { commit: listing.commit, shards };
  const [first, ...others] = shards;
  const message = `${location}: its list of files was never fetched, so only the ${shards.length} shards in ${folder} are scanned`;
  const problem: DataProblem = { kind: 'truncated', shard: first!.name, byteOffset: 0, message };
  return { commit: listing.commit, shards: [{ ...first!, problems: [problem] }, ...others] };
}

async function readCard(
  { settings, fetch }: HubAccess,
  repo: { readonly kind: 'model' | 'dataset'; readonly repository: string },
  commit: string,
  file: RepositoryFile,
  signal: AbortSignal,
): Promise<string> {
  const ignore = () => {};
  const path = fetch
    ? await downloadFile({ settings, fetch, repo, commit, file, signal, onBytes: ignore })
    : join(snapshotFolder(settings, repo, commit), file.path);
  return readFile(path, 'utf8').catch(() => '');
}

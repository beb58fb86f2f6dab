// The shards of a corpus that lies on the Hub: names, sizes and places in the cache. Fetches the listing and
// the card, no data.

import { join } from 'node:path';
import type { DataProblem } from '../../protocol/errors.ts';
import type { ColumnNames } from '../../protocol/study.ts';
import { type FileCounts, FileTally } from '../corpus/file-tally.ts';
import { describesData, type Shard } from '../corpus/shard.ts';
import { namedFormat } from '../corpus/shard-format.ts';
import { runGuarded, SMALL_FILE_LIMITS } from '../guard/run-guarded.ts';
import { programUrl } from '../program-url.ts';
import { downloadFile } from './download-file.ts';
import { snapshotFolder } from './hub-cache.ts';
import { formatHubName, type HubName, parseHubName } from './hub-name.ts';
import {
  type HubAccess,
  listRepository,
  type RepositoryFile,
  type RepositoryListing,
} from './list-repository.ts';
import { selectShards } from './select-files.ts';
import type { SelectRequest } from './select-worker.ts';

const workerUrl = programUrl('./select-worker.ts', import.meta.url);

export interface HubCorpus {
  readonly commit: string;
  readonly shards: readonly Omit<Shard, 'index'>[];
  /** The files of the repository that are none of them. */
  readonly passed: FileCounts;
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
  const chosen = await chooseShards(access, name, listing, signal);
  const folder = snapshotFolder(access.settings, name, listing.commit);
  const shards = chosen.map(({ path, nBytes, hash }) => ({
    path: join(folder, ...path.split('/')),
    name: path,
    format: namedFormat(path) ?? ('text' as const),
    nBytes,
    modifiedMs: 0,
    files: [],
    hub: { kind: name.kind, repository: name.repository, commit: listing.commit, path, hash },
    ...(columns && { columns }),
  }));
  const { commit: fixed } = listing;
  const passed = passedFiles(name, listing.files, chosen);
  if (listing.source === 'hub' || shards.length === 0) return { commit: fixed, shards, passed };
  const [first, ...others] = shards;
  const message = `${location}: its list of files was never fetched, so only the ${shards.length} shards in ${folder} are scanned`;
  const problem: DataProblem = { kind: 'truncated', shard: first!.name, byteOffset: 0, message };
  return { commit: fixed, shards: [{ ...first!, problems: [problem] }, ...others], passed };
}

function passedFiles(
  name: HubName,
  files: readonly RepositoryFile[],
  chosen: readonly RepositoryFile[],
): FileCounts {
  const isChosen = new Set(chosen.map(({ path }) => path));
  const tally = new FileTally();
  for (const { path } of files) {
    if (isChosen.has(path)) continue;
    const reason = describesData(path) ? 'description' : 'unasked';
    tally.add({ state: 'passed-over', reason }, `${formatHubName({ ...name, subset: '', files: path })}`);
  }
  return tally.all();
}

/** Patterns are matched in a thread with limits: those of subsets are the card's, and so is what they cost. */
async function chooseShards(
  access: HubAccess,
  name: HubName,
  { files, commit }: RepositoryListing,
  signal: AbortSignal,
): Promise<readonly RepositoryFile[]> {
  if (name.subset === '' && name.files === '') return selectShards(name, files, new Map());
  const card = files.find(({ path }) => path === 'README.md');
  const isRead = name.subset !== '' && card !== undefined && card.nBytes <= MOST_CARD_BYTES;
  const request: SelectRequest = {
    name,
    files,
    card: isRead ? await fetchCard(access, name, commit, card, signal) : null,
  };
  return runGuarded(workerUrl, request, { ...SMALL_FILE_LIMITS, what: formatHubName(name), signal });
}

const MOST_CARD_BYTES = 16 << 20;

/** The place that it has then, or would have. */
async function fetchCard(
  { settings, fetch }: HubAccess,
  repo: HubName,
  commit: string,
  file: RepositoryFile,
  signal: AbortSignal,
): Promise<string> {
  if (fetch === null) return join(snapshotFolder(settings, repo, commit), file.path);
  return downloadFile({ settings, fetch, repo, commit, file, signal, onBytes: () => {} });
}

// A model of the Hub, brought into the cache: returns the folder that holds it, or the file. What describes it comes first,
// so that nothing large is fetched of a model that cannot be sampled.

import { join } from 'node:path';
import { UserError } from '../errors.ts';
import { type Report, startMeter } from '../progress.ts';
import { checkDisk } from './check-disk.ts';
import { downloadFile } from './download-file.ts';
import { hasFile, snapshotFolder } from './hub-cache.ts';
import { type HubName, parseHubName } from './hub-name.ts';
import { type HubAccess, listRepository, type RepositoryFile } from './list-repository.ts';
import { selectDescription, selectExport, selectGguf, selectWeights } from './select-files.ts';

export interface FetchedModel {
  /** A folder, or one file that holds the whole model. */
  readonly folder: string;
  readonly commit: string;
}

/** Which files are sampled of a model whose description lies in a folder. Throws for a model that cannot be. */
type FilesChooser = (
  folder: string,
) => Promise<{ readonly kind: 'weights' | 'export'; readonly graph: string | null }>;

/** A model of the Hub of which no more than its description is here. */
interface OutlinedModel extends FetchedModel {
  readonly name: HubName;
  /** Everything that it needs to be sampled. */
  readonly files: readonly RepositoryFile[];
  /** Those of them that are not here, with paths in the repository. */
  readonly missing: readonly RepositoryFile[];
}

interface FetchRequest {
  readonly access: HubAccess;
  readonly location: string;
  /** Goes on with a study that began with it; undefined asks what the revision means now. */
  readonly commit: string | undefined;
  readonly signal: AbortSignal;
  readonly report: Report;
  readonly choose: FilesChooser;
}

export async function fetchModel(request: FetchRequest): Promise<FetchedModel> {
  const { access, report, signal } = request;
  const outline = await outlineHubModel(request);
  const { name, missing, commit, folder } = outline;
  if (missing.length > 0) {
    const nBytes = missing.reduce((sum, file) => sum + file.nBytes, 0);
    if (access.fetch !== null) await checkDisk(access.settings.cacheFolder, nBytes, '');
    const meter = startMeter(report, 'prepare', 'bytes', nBytes);
    await bring(access, name, commit, missing, signal, (n, path) =>
      meter.advance(n, `${name.repository}: ${path}`),
    );
  }
  return { folder, commit };
}

/** Fetches what describes a model, and says what else it needs. */
export async function outlineHubModel(request: FetchRequest): Promise<OutlinedModel> {
  const { access, location, signal, choose } = request;
  const { settings } = access;
  const name = parseHubName(location, 'model');
  const listing = await listRepository(access, name, request.commit ?? name.revision);
  const { commit } = listing;
  const snapshot = snapshotFolder(settings, name, commit);
  const isMissing = ({ path, nBytes }: RepositoryFile) => !hasFile(join(snapshot, path), nBytes);
  const outline = (folder: string, files: readonly RepositoryFile[]) => {
    return { name, commit, folder, files, missing: files.filter(isMissing) };
  };
  if (/\.gguf$/i.test(name.files)) {
    const file = listing.files.find(({ path }) => path === name.files);
    if (file !== undefined) return outline(join(snapshot, file.path), [file]);
  }
  const inside = name.files === '' ? '' : `${name.files.replace(/\/$/, '')}/`;
  const below = listing.files
    .filter(({ path }) => path.startsWith(inside))
    .map((file) => ({ ...file, path: file.path.slice(inside.length) }));
  if (below.length === 0) {
    throw new UserError(`${name.repository} holds nothing below ${name.files} at revision ${name.revision}`, {
      action: 'Check the name: a revision with slashes is written with %2F, such as owner/name@a%2Fb.',
    });
  }
  const atPlace = (files: readonly RepositoryFile[]) =>
    files.map((file) => ({ ...file, path: `${inside}${file.path}` }));
  const folder = inside === '' ? snapshot : join(snapshot, inside.slice(0, -1));
  const described = selectDescription(below);
  const isDescribed = described.some(({ path }) => /^(genai_)?config\.json$/.test(path));
  const gguf = isDescribed && selectWeights(below).length > 0 ? null : selectGguf(name.repository, below);
  if (gguf !== null) return outline(join(folder, gguf.path), atPlace([gguf]));
  await bring(access, name, commit, atPlace(described).filter(isMissing), signal, () => {});
  const { kind, graph } = isDescribed ? await choose(folder) : { kind: 'weights' as const, graph: null };
  const weights = kind === 'weights' ? selectWeights(below) : [];
  const more = weights.length > 0 ? weights : selectExport(below, graph);
  return outline(folder, atPlace([...described, ...more]));
}

async function bring(
  { settings, fetch }: HubAccess,
  name: HubName,
  commit: string,
  missing: readonly RepositoryFile[],
  signal: AbortSignal,
  onBytes: (nBytes: number, path: string) => void,
): Promise<void> {
  if (missing.length === 0) return;
  if (fetch === null) {
    throw new UserError(
      `${name.repository} is not whole in ${settings.cacheFolder}: ${missing[0]!.path} is missing, and ${settings.isOffline ? 'HF_HUB_OFFLINE is set' : 'this run may not fetch anything'}`,
      { action: 'Trust the workspace or unset HF_HUB_OFFLINE, or fetch it first with the Hub’s own tools.' },
    );
  }
  for (const file of missing) {
    const onPart = (n: number) => onBytes(n, file.path);
    await downloadFile({ settings, fetch, repo: name, commit, file, signal, onBytes: onPart });
  }
}

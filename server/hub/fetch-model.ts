// A model of the Hub, brought into the cache: returns the folder that holds it.

import { join } from 'node:path';
import { UserError } from '../errors.ts';
import { type Report, startMeter } from '../progress.ts';
import { checkDisk } from './check-disk.ts';
import { downloadFile } from './download-file.ts';
import { hasFile, snapshotFolder } from './hub-cache.ts';
import { parseHubName } from './hub-name.ts';
import { type HubAccess, listRepository } from './list-repository.ts';
import { selectModelFiles } from './select-files.ts';

export interface FetchedModel {
  readonly folder: string;
  readonly commit: string;
}

/** `commit` goes on with a study that began with it; undefined asks what the revision means now. */
export async function fetchModel(
  access: HubAccess,
  location: string,
  commit: string | undefined,
  signal: AbortSignal,
  report: Report,
): Promise<FetchedModel> {
  const { settings, fetch } = access;
  const name = parseHubName(location, 'model');
  const listing = await listRepository(access, name, commit ?? name.revision);
  const folder = snapshotFolder(settings, name, listing.commit);
  const files = selectModelFiles(listing.files);
  const missing = files.filter(({ path, nBytes }) => !hasFile(join(folder, path), nBytes));
  if (missing.length === 0) return { folder, commit: listing.commit };
  if (fetch === null) {
    throw new UserError(
      `${name.repository} is not whole in ${settings.cacheFolder}: ${missing[0]!.path} is missing, and ${settings.isOffline ? 'HF_HUB_OFFLINE is set' : 'this run may not fetch anything'}`,
      { action: 'Trust the workspace or unset HF_HUB_OFFLINE, or fetch it first with the Hub’s own tools.' },
    );
  }
  const nBytes = missing.reduce((sum, file) => sum + file.nBytes, 0);
  await checkDisk(settings.cacheFolder, nBytes, '');
  const meter = startMeter(report, 'prepare', 'bytes', nBytes);
  for (const file of missing) {
    const onBytes = (n: number) => meter.advance(n, `${name.repository}: ${file.path}`);
    await downloadFile({ settings, fetch, repo: name, commit: listing.commit, file, signal, onBytes });
  }
  return { folder, commit: listing.commit };
}

// What of a study lies on the Hub: the commits that it began with, and what may be fetched. A study goes on
// with the same commits even if a branch moved meanwhile.

import type { Execution } from '../../protocol/study.ts';
import { fetchModel } from '../hub/fetch-model.ts';
import { hubFetch } from '../hub/hub-fetch.ts';
import { isHubName } from '../hub/hub-name.ts';
import { hubSettings } from '../hub/hub-settings.ts';
import type { HubAccess } from '../hub/list-repository.ts';
import type { Report } from '../progress.ts';
import { chooseFiles } from '../sampling/model-description.ts';
import type { Database } from '../store/study-file.ts';
import { mergeEnvironment, readStudy } from '../store/study-table.ts';

export function hubAccess(execution: Execution, signal: AbortSignal): HubAccess {
  const settings = hubSettings();
  const mayFetch = execution.fetch === 'missing' && !settings.isOffline;
  return { settings, fetch: mayFetch ? hubFetch(settings, { signal }) : null };
}

export function pinnedCommit(db: Database, location: string): string | undefined {
  const commits = readStudy(db)?.environment.hubCommits as Record<string, string> | undefined;
  return commits?.[location];
}

export function pinCommit(db: Database, location: string, commit: string): void {
  mergeEnvironment(db, { hubCommits: { [location]: commit } });
}

/** The folder of the model, fetched if it lies on the Hub and is not here. */
export async function localModel(
  { db, execution, signal, report }: ModelContext,
  model: string,
): Promise<string> {
  if (!isHubName(model)) return model;
  const access = hubAccess(execution, signal);
  const pinned = pinnedCommit(db, model);
  const request = { access, location: model, commit: pinned, signal, report, choose: chooseFiles };
  const { folder, commit } = await fetchModel(request);
  pinCommit(db, model, commit);
  return folder;
}

/** The folder of a model that no study has pinned: of the commit that its revision names now. */
export async function unpinnedModel(
  model: string,
  execution: Execution,
  signal: AbortSignal,
): Promise<string> {
  if (!isHubName(model)) return model;
  return (await fetchModel(unpinnedRequest(model, execution, signal))).folder;
}

/** Asks the Hub for a model at the commit that its revision names now. */
export const unpinnedRequest = (model: string, execution: Execution, signal: AbortSignal) => ({
  access: hubAccess(execution, signal),
  location: model,
  commit: undefined,
  signal,
  report: () => {},
  choose: chooseFiles,
});

interface ModelContext {
  readonly db: Database;
  readonly execution: Execution;
  readonly signal: AbortSignal;
  readonly report: Report;
}

// What of a study lies on the Hub: the commits that it began with, and what may be fetched. A study goes on
// with the same commits even if a branch moved meanwhile.

import type { Execution } from '../../protocol/study.ts';
import { hubFetch } from '../hub/hub-fetch.ts';
import type { HubAccess } from '../hub/list-repository.ts';
import { hubSettings } from '../hub-settings.ts';
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

// Models of the Hub: fetched where they are not here, at the commit that a study began with.

import type { Execution } from '../../protocol/study.ts';
import { fetchModel } from '../hub/fetch-model.ts';
import { isHubName } from '../hub/hub-name.ts';
import type { Report } from '../progress.ts';
import { chooseFiles } from '../sampling/model/model-description.ts';
import type { Database } from '../store/study-file.ts';
import { hubAccess, pinCommit, pinnedCommit } from './hub-access.ts';

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

// Whether what a plan names is on this machine, before anything is made for a study.

import { existsSync } from 'node:fs';
import type { StudyPlan } from '../../protocol/study.ts';
import { UserError } from '../errors.ts';
import { isHubName } from '../hub/hub-name.ts';
import { isRemoteLocation } from '../remote/remote-location.ts';

/** Throws a `UserError` that names everything that is missing. What is on the Hub, or on another machine, is looked for later. */
export function checkPlaces({ source, corpus, control, map }: StudyPlan): void {
  const missing = [
    ...(source.model === null || source.kind === 'served'
      ? []
      : [{ what: 'model folder', path: source.model }]),
    ...corpus.map((path) => ({ what: 'corpus path', path })),
    ...(control ?? map?.control ?? []).map((path) => ({ what: 'control path', path })),
    ...(source.kind === 'samples' ? [{ what: 'samples path', path: source.samples }] : []),
  ].filter(({ path }) => !isHubName(path) && !isRemoteLocation(path) && !existsSync(path));
  if (missing.length === 0) return;
  throw new UserError(missing.map(({ what, path }) => `The ${what} ${path} does not exist`).join('; '), {
    action: 'Check the path, from the folder that the command is run in.',
  });
}

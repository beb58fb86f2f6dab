// Which machines a run may ask: this one, and those that the user named for it, where it may use the network at all.

import { remotePlace } from '../../protocol/remote-places.ts';
import type { Execution } from '../../protocol/study.ts';
import { UserError } from '../errors.ts';

/** Throws a `UserError` where the user has not named the machine: a plan or a study may be a stranger's. */
export function requireAllowed(location: string, { fetch, named = [] }: Execution): void {
  if (fetch !== 'missing') {
    throw new UserError(`${location} is on the network, and this run may not use it`, {
      action: 'Leave --no-fetch out; in an editor, trust the workspace first.',
    });
  }
  const place = remotePlace(location);
  if (place === undefined || named.includes(place)) return;
  throw new UserError(`${location} was not named for this run, so nothing is sent there`, {
    action: 'Name it yourself: on the command line, or by agreeing where the editor asks.',
  });
}

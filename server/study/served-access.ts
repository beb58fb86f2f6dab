// Whether a run may ask a server for samples, and with which key: only hosts that the user named in it, and this machine.

import { remotePlace } from '../../protocol/remote-places.ts';
import type { Execution } from '../../protocol/study.ts';
import { UserError } from '../errors.ts';
import { readApiKey } from '../served/api-key.ts';
import type { ServedAccess } from '../served/served-client.ts';

export function servedAccess(
  address: string,
  { fetch, named = [], apiKeyFile }: Execution,
  signal: AbortSignal,
  onWait: (reason: string) => void = () => {},
): ServedAccess {
  if (fetch !== 'missing') {
    throw new UserError(`The model is served at ${address}, and this run may not use the network`, {
      action: 'Leave --no-fetch out; in an editor, trust the workspace first.',
    });
  }
  requireNamed(address, named);
  return { address, key: readApiKey(apiKeyFile), patience: { signal, attempts: ATTEMPTS, onWait } };
}

/** A server that is started anew is back in minutes. */
const ATTEMPTS = 8;

/** Throws a `UserError` where the user has not named the machine: a plan or a study may be a stranger's. */
function requireNamed(location: string, named: readonly string[]): void {
  const place = remotePlace(location);
  if (place === undefined || named.includes(place)) return;
  throw new UserError(`${location} was not named for this run, so nothing is sent there`, {
    action: 'Name it yourself: on the command line, or by agreeing where the editor asks.',
  });
}

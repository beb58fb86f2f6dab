// Whether a run may ask a server for samples, and with which key: only hosts that the user named in it, and this machine.

import type { Execution } from '../../protocol/study.ts';
import { readApiKey } from '../served/api-key.ts';
import type { ServedAccess } from '../served/served-client.ts';
import { requireAllowed } from './allowed-machines.ts';

export function servedAccess(
  address: string,
  execution: Execution,
  signal: AbortSignal,
  onWait: (reason: string) => void = () => {},
): ServedAccess {
  requireAllowed(address, execution);
  return { address, key: readApiKey(execution.apiKeyFile), patience: { signal, attempts: ATTEMPTS, onWait } };
}

/** A server that is started anew is back in minutes. */
const ATTEMPTS = 8;

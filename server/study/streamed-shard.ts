// A shard of the Hub that is read where it is: a run says so, and the study file does not, since that changes nothing of what is found.

import type { Execution } from '../../protocol/study.ts';
import type { Shard } from '../corpus/shard.ts';
import { hasFile } from '../hub/hub-cache.ts';
import { hubAccess } from './hub-access.ts';

/** The shard as it is, unless it is to be read by range and is not on this machine. */
export function streamed(shard: Shard, execution: Execution): Shard {
  const { hub } = shard;
  if (execution.keepShards !== 'stream' || !hub || hasFile(shard.path, shard.nBytes)) return shard;
  const { settings, fetch } = hubAccess(execution, new AbortController().signal);
  // Whoever fetches it says why it may not be.
  if (fetch === null) return shard;
  const kind = hub.kind === 'dataset' ? 'datasets/' : '';
  const path = hub.path.split('/').map(encodeURIComponent).join('/');
  const hubAddress = `${settings.endpoint}/${kind}${hub.repository}/resolve/${hub.commit}/${path}`;
  return { ...shard, remote: { tag: '', hubAddress } };
}

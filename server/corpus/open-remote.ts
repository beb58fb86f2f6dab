// A shard on another machine, opened. Loaded where there is one: most are files of this machine.

import { hubSettings } from '../hub-settings.ts';
import { RemoteFile } from '../remote/remote-file.ts';
import { parseRemoteLocation } from '../remote/remote-location.ts';
import { s3Settings } from '../remote/s3-settings.ts';
import type { RemoteSource } from './shard.ts';
import type { ShardFile } from './shard-file.ts';

export function openRemote(
  path: string,
  nBytes: number,
  { tag, hubAddress }: RemoteSource,
  signal: AbortSignal,
): ShardFile {
  const access = { patience: { signal }, s3: s3Settings() };
  // The Hub's stores have tags of their own; its files are fixed by their commit.
  const file =
    hubAddress === undefined
      ? new RemoteFile(access, parseRemoteLocation(path), { nBytes, tag })
      : new RemoteFile({ ...access, hubToken: hubSettings().token }, hubLocation(hubAddress), {
          nBytes,
          tag,
        });
  return {
    size: nBytes,
    read: (position, n) => file.read(position, n),
    hasChanged: async () => false,
    [Symbol.asyncDispose]: async () => file.close(),
  };
}

const hubLocation = (address: string) => ({ kind: 'hub', url: new URL(address) }) as const;

// Node comes with a package whose install script fetches it, outside of the lockfile: what it must be stands here, and
// nothing is run with another one.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** The version in package.json's `devDependencies.node`. A new one needs its digests: of the file, on each system. */
export const NODE_VERSION = '24.21.0';

/** SHA-256 of the executable by `process.platform` and `process.arch`. */
const digests = {
  'linux-x64': '7fde7b8afa198da66257f42ee2001d874c7355631e6d1579a5fb5ef1f246df4c',
  'linux-arm64': '0f8949d1028f6d61506b2d5bc57e7e6fe893d7b1997509b7847294fc9c616584',
  'win32-x64': 'ba4e6d110e8c1592a1ecd390f6b05f3da124b13871a5be62b341a07a853c6c32',
};

/** Why this executable is not the one that was looked at; undefined where it is. */
export function refuseNode(path, system = `${process.platform}-${process.arch}`) {
  const expected = digests[system];
  const found = createHash('sha256').update(readFileSync(path)).digest('hex');
  if (expected === found) return undefined;
  if (expected === undefined)
    return `nobody has noted what Node ${NODE_VERSION} hashes to on ${system}: ${found}`;
  return `${path} hashes to ${found}, and Node ${NODE_VERSION} on ${system} to ${expected}`;
}

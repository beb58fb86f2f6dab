// Which commit each line of a file in the work tree comes from, and where it stood there.

import { gitOfWorkTree } from './git.ts';

export interface BlamedLine {
  /** All zeros for a line that no commit has yet. */
  readonly commit: string;
  readonly path: string;
  readonly line: number;
}

export const UNCOMMITTED = /^0+$/;

/** One entry a line. */
export async function blame(root: string, path: string, signal: AbortSignal): Promise<readonly BlamedLine[]> {
  const lines: BlamedLine[] = [];
  const paths = new Map<string, string>();
  let current: { commit: string; line: number } | undefined;
  const asked = ['blame', '--porcelain', '--no-textconv', '--', path];
  for (const line of (await gitOfWorkTree(root, asked, signal)).split('\n')) {
    const header = /^([0-9a-f]{40,64}) (\d+) \d+/.exec(line);
    if (current && line.startsWith('\t')) {
      lines.push({ ...current, path: paths.get(current.commit) ?? path });
      current = undefined;
    } else if (!current && header) current = { commit: header[1]!, line: Number(header[2]) };
    else if (current && line.startsWith('filename '))
      paths.set(current.commit, line.slice('filename '.length));
  }
  return lines;
}

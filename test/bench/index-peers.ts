// What others need for the question that an index answers: ripgrep's search for six lines over the texts, and jscpd over a
// small corpus of files, beside look-ups in an index of the same.

import { spawnSync } from 'node:child_process';
import { globSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { jsonLines, rows, sizeOf } from './corpus-data.ts';
import type { Cost } from './index-measure.ts';
import { measure } from './index-measure.ts';
import { copiesIn, installJscpd, JSCPD, runJscpd } from './peer-jscpd.ts';

type Emit = (figure: object) => void;

const SMALL_BYTES = 35e6;

/** Its fixed-string search for six lines, over the rows as they stand in the file, where they take one line each. */
export function ripgrep(emit: Emit, shard: string, text: string): void {
  const six = JSON.stringify(text.split('\n').slice(0, 6).join('\n')).slice(1, -1);
  const known = globSync(
    'test/host/node_modules/code-server/lib/vscode/node_modules/@vscode/ripgrep*/bin/linux-x64/rg',
  );
  const before = performance.now();
  for (const program of ['rg', ...known]) {
    const { status } = spawnSync(program, ['-c', '-F', '--', six, shard]);
    if (status === null) continue;
    const ms = Math.round(performance.now() - before);
    emit({ name: 'ripgrep, one text of six lines', ms, found: status === 0, textBytes: sizeOf(shard) });
    return;
  }
  emit({ name: 'ripgrep', missing: true });
}

/** All queries in one run of it, against a process that looks each of them up. */
export async function jscpd(emit: Emit, work: string, texts: readonly string[]): Promise<void> {
  const folder = join(work, '..', 'jscpd');
  installJscpd(folder);
  const tree = join(work, 'tree');
  for (const name of ['queries', 'corpus']) mkdirSync(join(tree, name), { recursive: true });
  const known: string[] = [];
  let n = 0;
  for (const { content } of rows(SMALL_BYTES)) {
    writeFileSync(join(tree, 'corpus', `${n}.py`), content);
    if (n++ % 100 === 0 && known.length < texts.length)
      known.push(content.split('\n').slice(40, 60).join('\n'));
  }
  const files = known.map((text, i) => {
    const file = join(tree, 'queries', `${i}.py`);
    const own = Array.from({ length: 480 }, (_, line) => `own ${i} ${line * 7919}`);
    writeFileSync(file, own.toSpliced(200, 0, text).join('\n'));
    return file;
  });
  const shard = await jsonLines(SMALL_BYTES);
  const index = join(work, 'small');
  const build = measure('build', index, shard);
  const ours = measure<Cost & { readonly nFound: number }>('checkAll', index, ...files);
  const theirs = runJscpd(folder, tree);
  emit({
    name: `${JSCPD} over 35 MB, for ${files.length} files`,
    theirCpuMs: Math.round(theirs.cpuS * 1000),
    theirFound: copiesIn(theirs.clones, 'queries/').size,
    buildCpuMs: Math.round(build.cpuMs),
    lookUpCpuMs: Math.round(ours.cpuMs),
    found: ours.nFound,
    timesTheirCpu: Math.round((10 * theirs.cpuS * 1000) / (build.cpuMs + ours.cpuMs)) / 10,
  });
  rmSync(tree, { recursive: true });
}

// jscpd, the best known copy detector on npm: installed for a bench, and run on a tree of files.

import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const JSCPD = 'jscpd@4.0.5';

/** Once. Throws where no registry can be reached. */
export function installJscpd(folder: string): void {
  if (existsSync(join(folder, 'node_modules/jscpd'))) return;
  mkdirSync(folder, { recursive: true });
  execFileSync('npm', ['install', '--prefix', folder, '--silent', '--no-audit', '--no-fund', JSCPD]);
}

interface Clone {
  readonly firstFile: { readonly name: string };
  readonly secondFile: { readonly name: string };
}

export function runJscpd(folder: string, tree: string) {
  const program = join(folder, 'node_modules/jscpd/bin/jscpd');
  const report = join(folder, 'report');
  const args = [
    ...['--max-old-space-size=12000', '--require', writeMeter(folder), program, tree],
    ...['--min-lines', '6', '--min-tokens', '1', '--max-lines', '100000', '--max-size', '2mb'],
    ...['--format', 'python', '--reporters', 'json', '--output', report, '--silent'],
  ];
  const { status } = spawnSync(process.execPath, args, { cwd: folder, timeout: 900_000, stdio: 'ignore' });
  const { cpuS, maxRssMb } = JSON.parse(readFileSync(join(folder, 'meter.json'), 'utf8'));
  const clones: readonly Clone[] = existsSync(join(report, 'jscpd-report.json'))
    ? JSON.parse(readFileSync(join(report, 'jscpd-report.json'), 'utf8')).duplicates
    : [];
  return { exit: status, cpuS: cpuS as number, maxRssMb: maxRssMb as number, clones };
}

/** Numbers of the files in a folder of the tree that are copies of files in `corpus/`. */
export function copiesIn(clones: readonly Clone[], folder: string): ReadonlySet<number> {
  const found = new Set<number>();
  for (const { firstFile, secondFile } of clones) {
    const names = [firstFile.name, secondFile.name];
    const copy = names.find((name) => name.includes(folder));
    if (copy && names.some((name) => name.includes('corpus/')))
      found.add(Number(/(\d+)\.py$/.exec(copy)![1]));
  }
  return found;
}

/** A module that writes down, when the program ends, what it used. */
function writeMeter(folder: string): string {
  const path = join(folder, 'meter.cjs');
  const out = JSON.stringify(join(folder, 'meter.json'));
  writeFileSync(
    path,
    `process.on('exit', () => { const { user, system } = process.cpuUsage();
require('node:fs').writeFileSync(${out}, JSON.stringify({ cpuS: (user + system) / 1e6, maxRssMb: Number(/VmHWM:\\s+(\\d+)/.exec(require('node:fs').readFileSync('/proc/self/status', 'utf8'))[1]) / 1024 })); });`,
  );
  return path;
}

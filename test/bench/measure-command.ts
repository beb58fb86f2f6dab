// What a command takes, as its own process says at its end.

import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Cost {
  readonly seconds: number;
  readonly processorSeconds: number;
  readonly peakMB: number;
}

/** Run in every process that is measured: at its end it writes down what it took. */
const AT_EXIT = `if (require('node:worker_threads').isMainThread) process.on('exit', () => {
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  const cost = { processorSeconds: (userCPUTime + systemCPUTime) / 1e6, peakMB: maxRSS / 1024 };
  require('node:fs').writeFileSync(process.env.VERBATIM_BENCH_COST, JSON.stringify(cost));
});`;

/** Exit codes of a command that did its work. */
const DONE = [0, 3];

export function measure(scratch: string, args: readonly string[]): Cost {
  const hook = join(scratch, 'at-exit.cjs');
  const file = join(scratch, 'cost.json');
  writeFileSync(hook, AT_EXIT);
  const startedAt = performance.now();
  const { status, stderr } = spawnSync(process.execPath, ['--require', hook, ...args], {
    env: { ...process.env, VERBATIM_BENCH_COST: file },
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
  });
  if (!DONE.includes(status ?? -1)) throw new Error(`${args.join(' ')} ended with ${status}: ${stderr}`);
  const seconds = (performance.now() - startedAt) / 1000;
  const cost: Omit<Cost, 'seconds'> = JSON.parse(readFileSync(file, 'utf8'));
  return {
    seconds: round(seconds),
    processorSeconds: round(cost.processorSeconds),
    peakMB: Math.round(cost.peakMB),
  };
}

export const round = (n: number) => Math.round(n * 1000) / 1000;

// Faults at random moments, in continuous integration alone: processes that are killed, and disks that are full. What
// was done is kept, and what comes out in the end is what an undisturbed run makes.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { randomSource } from '../../server/analysis/random.ts';
import { cli, demoCorpus, demoModel, startCli } from '../support/cli.ts';
import { dumpStudy } from '../support/dump-study.ts';
import { inCi } from '../support/in-ci.ts';
import { scratchFolder } from '../support/scratch.ts';
import { smallDisk } from '../support/small-disk.ts';

const skip = inCi ? false : 'takes a minute: set CI to run it';
/** Another each time; a failure says which one it was. */
const seed = Number(process.env.VERBATIM_FAULT_SEED ?? Date.now() % 1_000_000);
const random = randomSource(seed);
const said = `seed ${seed}: VERBATIM_FAULT_SEED=${seed} repeats it`;

const study = (out: string) => [
  ...['study', '--model', demoModel, '--corpus', demoCorpus, '--out', out],
  ...['--samples', '24', '--max-tokens', '96', '--batch', '4', '--seed', '7', '--workers', '1'],
];

interface Task {
  readonly name: string;
  readonly nKills: number;
  /** After this no more kills are tried, on a machine that has other things to do. */
  readonly seconds: number;
  readonly args: (out: string) => readonly string[];
  /** What is there afterwards, as text. */
  readonly result: (out: string) => string;
  /** Before it is tried again after a kill, where the command itself goes on with nothing. */
  readonly clear?: (out: string) => void;
}

const removeStudy = (out: string) => {
  for (const suffix of ['', '-wal', '-shm', '-lock']) rmSync(out + suffix, { force: true });
};

/** Gives back how many runs were killed. */
async function killed(task: Task): Promise<number> {
  const folder = scratchFolder();
  const whole = join(folder, 'whole');
  const startedAt = performance.now();
  const run = await cli(...task.args(whole));
  assert.equal(run.exitCode, 0, run.stderr);
  let wholeMs = performance.now() - startedAt;
  const deadline = performance.now() + 1000 * task.seconds;
  const out = join(folder, 'killed');
  let nKilled = 0;
  // A run that ends before its time begins anew, so that every kill meets one.
  while (nKilled < task.nKills && (nKilled === 0 || performance.now() < deadline)) {
    const begunAt = performance.now();
    const { child, result } = startCli(...task.args(out));
    const timer = setTimeout(() => child.kill('SIGKILL'), (0.1 + 0.7 * random.uniform()) * wholeMs);
    const { exitCode, stderr } = await result;
    clearTimeout(timer);
    if (exitCode === null) {
      nKilled++;
      task.clear?.(out);
      continue;
    }
    assert.equal(exitCode, 0, `${said}\n${stderr}`);
    assert.equal(task.result(out), task.result(whole), said);
    wholeMs = Math.min(wholeMs, performance.now() - begunAt);
    rmSync(out, { recursive: true, force: true });
    removeStudy(out);
  }
  const { exitCode, stderr } = await cli(...task.args(out));
  assert.equal(exitCode, 0, `${said}\n${stderr}`);
  assert.equal(task.result(out), task.result(whole), said);
  return nKilled;
}

/** Every file with its digest; what names the folder itself is passed over. */
function filesOf(folder: string): string {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => statSync(join(folder, path)).isFile())
    .sort()
    .map((path) => {
      const content = readFileSync(join(folder, path), 'latin1').replaceAll(folder, '');
      return `${path} ${createHash('sha256').update(content).digest('hex')}`;
    })
    .join('\n');
}

test('25 kills leave the same tables and files', { skip }, async (t) => {
  const folder = scratchFolder();
  const made = join(folder, 'made.sqlite');
  assert.equal((await cli(...study(made))).exitCode, 0);
  const samples = join(folder, 'samples.jsonl');
  const printed = await cli(...study(join(folder, 'again.sqlite')).with(0, 'sample'), '--json');
  writeFileSync(samples, printed.stdout);
  const exported = join(folder, 'exported');
  assert.equal((await cli('export', made, '--to', exported)).exitCode, 0);
  const tasks: readonly Task[] = [
    { name: 'a study', nKills: 13, seconds: 30, args: study, result: dumpStudy },
    {
      name: 'a scan',
      nKills: 5,
      seconds: 10,
      args: (out) => ['scan', '--samples', samples, '--corpus', demoCorpus, '--out', out],
      result: dumpStudy,
    },
    {
      name: 'an import',
      nKills: 4,
      seconds: 5,
      args: (out) => ['import', exported, '--out', out],
      result: dumpStudy,
      clear: removeStudy,
    },
    {
      name: 'an export',
      nKills: 3,
      seconds: 5,
      args: (out) => ['export', made, '--to', out],
      result: filesOf,
    },
  ];
  for (const task of tasks) {
    await t.test(task.name, async (t) => t.diagnostic(`${await killed(task)} of ${task.nKills} kills`));
  }
});

test('disks of ten sizes that are full say so, and the run goes on once there is room', {
  skip,
}, async (t) => {
  const folder = scratchFolder();
  const whole = join(folder, 'whole.sqlite');
  assert.equal((await cli(...study(whole))).exitCode, 0);
  const neededBytes = statSync(whole).size;
  const sizes = Array.from({ length: 10 }, (_, i) => Math.ceil((neededBytes * (i + 1)) / 8 / 4096) * 4096);
  const disk = smallDisk(sizes[0]!);
  if (!disk) return t.skip('needs the right to mount a small disk');
  const out = join(disk.folder, 's.sqlite');
  let nFull = 0;
  for (const size of sizes) {
    disk.resize(size);
    const { exitCode, stderr } = await cli(...study(out));
    if (exitCode === 0) continue;
    nFull++;
    assert.equal(exitCode, 1, stderr);
    assert.match(stderr, /disk/i, stderr);
    assert.doesNotMatch(stderr, /bug in Verbatim/, stderr);
  }
  assert.ok(nFull >= 4, `only ${nFull} disks were full`);
  disk.resize(16 * neededBytes);
  const { exitCode, stderr } = await cli(...study(out));
  assert.equal(exitCode, 0, stderr);
  assert.ok(existsSync(out));
  assert.equal(dumpStudy(out), dumpStudy(whole));
  return undefined;
});

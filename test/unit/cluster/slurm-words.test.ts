// What is said to Slurm and what it says: options without a shell, indices, scripts, states.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseIndices, printIndices } from '../../../server/cluster/slurm/array-indices.ts';
import { jobScript, lastScript } from '../../../server/cluster/slurm/job-script.ts';
import { fromSacct, fromScontrol } from '../../../server/cluster/slurm/job-states.ts';
import { secondsOf, thisJob } from '../../../server/cluster/slurm/requeue.ts';
import { cardsAsked, coresAsked, sbatchWords } from '../../../server/cluster/slurm/sbatch-words.ts';
import { jobName } from '../../../server/cluster/slurm/slurm-queue.ts';
import { waitingWords } from '../../../server/cluster/waiting-words.ts';
import { hostilePieces } from '../../support/hostile-text.ts';
import { scratchFolder } from '../../support/scratch.ts';

test('options become words, without a shell', () => {
  const check = (text: string, ...words: string[]) => assert.deepEqual(sbatchWords(text), words);
  check('');
  check('  -p gpu\t--mem=8G ', '-p', 'gpu', '--mem=8G');
  check(`--comment2='a b' -C "x&y"`, '--comment2=a b', '-C', 'x&y');
  check('"--export=ALL,A=$(touch x);`b`"', '--export=ALL,A=$(touch x);`b`');
});

for (const text of [
  'run.sh',
  '--mem=1G run.sh',
  '-p gpu run.sh',
  '-p "gpu',
  '-J other',
  '--array=1',
  '--wrap=x',
  '-o x',
  '-p "a\nb"',
])
  test(`refused as an option: ${JSON.stringify(text)}`, () =>
    assert.throws(() => sbatchWords(text), /sbatch/));

test('the cores that a job is given are those that were asked for', () => {
  const cores = (text: string) => coresAsked(sbatchWords(text));
  assert.deepEqual(['', '-c 4', '-c8', '--cpus-per-task=16 -p x'].map(cores), [1, 4, 8, 16]);
  const cards = (text: string) => cardsAsked(sbatchWords(text));
  const asked = {
    ...{ '': 0, '--gres=gpu': 1, '--gres=gpu:4': 4, '--gres gpu:h100:2': 2, '--gres=gpu:h100': 1 },
    ...{ '--gres=disk:9,gpu:3': 3, '--gres=disk:9': 0, '-G 2': 2, '-G8': 8, '--gpus=a100:4': 4 },
    ...{ '--gpus-per-node=2 --mem=4G': 2 },
  };
  for (const [text, n] of Object.entries(asked)) assert.equal(cards(text), n, text);
});

test('indices are read as they are written', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(200)), fc.nat(9), (given, limit) => {
      const indices = given.sort((a, b) => a - b);
      assert.deepEqual([...parseIndices(`${printIndices(indices)}%${limit}`)], indices);
    }),
  );
  assert.deepEqual([...parseIndices('0-6:3,9')], [0, 3, 6, 9]);
  assert.deepEqual([...parseIndices('N/A')], []);
  assert.equal(printIndices([0, 1, 2, 5, 7, 8]), '0-2,5,7-8');
});

test('a script runs what it names, whatever the names hold', () => {
  const bin = scratchFolder();
  const here = scratchFolder();
  writeFileSync(join(bin, 'told'), `#!/bin/sh\nprintf '%s\\0' "$@"\n`);
  chmodSync(join(bin, 'told'), 0o755);
  let nTried = 0;
  for (const text of hostilePieces) {
    if (
      !text.isWellFormed() ||
      text.includes('\0') ||
      text.includes('/') ||
      text === '' ||
      text === '.' ||
      text === '..'
    )
      continue;
    const folder = join(here, text.slice(0, 60));
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'plan.json'), '{}');
    const made = readdirSync(here).length;
    const command = { words: [join(bin, 'told'), text], container: undefined, folders: [] };
    const script = jobScript({ study: text, folder, command });
    const { stdout, stderr } = spawnSync('bash', ['-s', '17'], {
      input: script,
      cwd: here,
      encoding: 'utf8',
    });
    assert.equal(stderr, '');
    assert.deepEqual(stdout.split('\0').slice(0, -1), [
      text,
      'task',
      text,
      '--plan',
      folder,
      '--first-job',
      '17',
    ]);
    assert.equal(readdirSync(here).length, made, 'and nothing else happens');
    nTried++;
  }
  assert(nTried > 20, `${nTried}`);
});

test('a node that does not see the folder, or has no program, says so', () => {
  const folder = scratchFolder();
  const run = (at: string, program: string) =>
    spawnSync('bash', ['-s', '0'], {
      input: jobScript({
        study: 's',
        folder: at,
        command: { words: [program], container: undefined, folders: [] },
      }),
      encoding: 'utf8',
    });
  const unseen = run(join(folder, 'gone'), 'true');
  assert.deepEqual([unseen.status, /does not see/.test(unseen.stderr)], [66, true]);
  writeFileSync(join(folder, 'plan.json'), '{}');
  const without = run(folder, '/nowhere/node');
  assert.deepEqual([without.status, /has no \/nowhere\/node/.test(without.stderr)], [67, true]);
});

test('in a container the folders are bound, and verbatim is what it has', () => {
  const bin = scratchFolder();
  writeFileSync(join(bin, 'apptainer'), `#!/bin/sh\nprintf '%s\\n' "$PWD" "$@"\n`);
  chmodSync(join(bin, 'apptainer'), 0o755);
  const folder = realpathSync(scratchFolder());
  writeFileSync(join(folder, 'plan.json'), '{}');
  const image = join(folder, "it's.sif");
  const command = { words: ['verbatim'], container: image, folders: ['/a b', '/data'] };
  const run = (script: string, path = `${bin}:${process.env.PATH}`) =>
    spawnSync('/bin/bash', ['--norc', '-c', script, 'sh', '3'], {
      cwd: bin,
      env: { PATH: path, SLURM_TMPDIR: '/scratch' },
      encoding: 'utf8',
    });
  const words = ({ stdout, stderr }: ReturnType<typeof run>) => {
    assert.equal(stderr, '');
    return stdout
      .trimEnd()
      .split('\n')
      .filter((word) => word !== '--nv');
  };
  const tasks = jobScript({ study: '/a b/s', folder, command });
  const last = lastScript(command, { words: ['study', '--out', "it's $HOME"], folder });
  const without = run(tasks);
  assert.deepEqual([without.status, without.stderr.includes(`has no ${image}`)], [67, true]);
  writeFileSync(image, '');
  assert.deepEqual(words(run(tasks)), [
    ...[realpathSync(bin), 'exec', '--bind', '/a b', '--bind', '/data', '--bind', '/scratch', image],
    ...['verbatim', 'task', '/a b/s', '--plan', folder, '--first-job', '3'],
  ]);
  assert.deepEqual(words(run(last)), [
    ...[folder, 'exec', '--bind', '/a b', '--bind', '/data', '--bind', folder, '--bind', '/scratch', image],
    ...['verbatim', 'study', '--out', "it's $HOME"],
  ]);
  const elsewhere = scratchFolder();
  symlinkSync('/bin/hostname', join(elsewhere, 'hostname'));
  for (const script of [tasks, last]) {
    const { status, stderr } = run(script, elsewhere);
    assert.deepEqual([status, /has no apptainer/.test(stderr)], [67, true], stderr);
  }
});

test('how jobs ended is read from scontrol and sacct alike', () => {
  const line = (state: string, exitCode: string, reason = 'None') =>
    `JobId=12 ArrayJobId=7 ArrayTaskId=3 JobName=x JobState=${state} Reason=${reason} Dependency=(null) ExitCode=${exitCode} NodeList=n2 BatchHost=n2`;
  const kinds = (...given: Parameters<typeof line>) =>
    fromScontrol(7, line(...given)).map(({ kind, index, node }) => [kind, index, node]);
  assert.deepEqual(kinds('TIMEOUT', '0:15'), [['timed out', 3, 'n2']]);
  assert.deepEqual(kinds('PREEMPTED', '0:15'), [['preempted', 3, 'n2']]);
  assert.deepEqual(kinds('NODE_FAIL', '0:0'), [['node failed', 3, 'n2']]);
  assert.deepEqual(kinds('OUT_OF_MEMORY', '0:125'), [['out of memory', 3, 'n2']]);
  assert.deepEqual(kinds('FAILED', '1:0', 'NonZeroExitCode'), [['failed', 3, 'n2']]);
  assert.deepEqual(kinds('FAILED', '66:0'), [['did not see the folder', 3, 'n2']]);
  assert.deepEqual(kinds('FAILED', '67:0'), [['has no program', 3, 'n2']]);
  assert.deepEqual(kinds('FAILED', '0:9'), [['killed', 3, 'n2']]);
  assert.deepEqual(kinds('FAILED', '0:9', 'JobLaunchFailure'), [['node failed', 3, 'n2']]);
  // What it says of a job that gets its notice while bash or Node begin.
  assert.deepEqual(kinds('FAILED', '0:12', 'JobLaunchFailure'), [['preempted', 3, 'n2']]);
  assert.deepEqual(kinds('SOMETHING_NEW', '0:0'), [['unknown', 3, 'n2']]);
  assert.deepEqual(fromScontrol(7, 'slurm_load_jobs error: Invalid job id specified'), []);
  const [ended] = fromSacct(7, '7_3|CANCELLED by 1000|0:0|n2');
  assert.deepEqual([ended?.kind, ended?.index, ended?.words], ['cancelled', 3, 'CANCELLED, exit code 0:0']);
  assert.deepEqual(fromSacct(7, '7_[4-9]|PENDING|0:0|None assigned'), []);
});

test('times, names and reasons', () => {
  assert.deepEqual(['1:30', '2:00:00', '1-00:00:01', 'UNLIMITED', ''].map(secondsOf), [
    90,
    7200,
    86_401,
    undefined,
    undefined,
  ]);
  assert.equal(thisJob({ SLURM_ARRAY_JOB_ID: '7', SLURM_ARRAY_TASK_ID: '3', SLURM_JOB_ID: '12' }), '7_3');
  assert.equal(thisJob({}), undefined);
  assert.match(jobName('/a b/it’s; rm -rf.sqlite'), /^verbatim-[\w.-]+-[0-9a-f]{8}$/);
  assert.notEqual(jobName('/a/s.sqlite'), jobName('/b/s.sqlite'));
  const state = {
    has: () => true,
    nRunning: 0,
    nWaiting: 3,
    reasons: new Map([
      ['Priority', 1],
      ['PartitionTimeLimit', 2],
    ]),
  };
  assert.deepEqual(waitingWords(state), [
    '3 pending (PartitionTimeLimit, that is, the time asked for is more than the partition gives; Priority)',
  ]);
});

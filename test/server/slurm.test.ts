// Studies on a real Slurm: whatever is killed, taken away or put back, the tables are those of this machine alone, and what cannot be
// is said in words.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { jobName } from '../../server/cluster/slurm/slurm-queue.ts';
import { cli, demoCorpus, demoModel, startCli, untilStderr } from '../support/cli.ts';
import { dumpStudy } from '../support/dump-study.ts';
import { startRangeServer } from '../support/range-server.ts';
import { startS3Store } from '../support/s3-store.ts';
import { scratchFolder } from '../support/scratch.ts';
import { type SlurmCluster, startSlurm } from '../support/slurm-cluster.ts';
import { smallDisk } from '../support/small-disk.ts';

const hidden = scratchFolder();
const started = await startSlurm(hidden);
if (typeof started !== 'string') Object.assign(process.env, { SLURM_CONF: started.env.SLURM_CONF });

function clusterOr(t: TestContext): SlurmCluster | undefined {
  if (typeof started !== 'string') return started;
  t.skip(started);
  return undefined;
}

/** Two hundred tasks of two samples, and one of shards. */
const many = ['--samples', '400', '--max-tokens', '16', '--batch', '2', '--max-running', '50'];
const few = [
  '--samples',
  '24',
  '--max-tokens',
  '48',
  '--batch',
  '4',
  '--max-running',
  '2',
  '--tasks-a-job',
  '1',
];
const onSlurm = ['--executor', 'slurm'];
const studyArgs = (out: string, ...more: string[]) => [
  ...['study', '--model', demoModel, '--corpus', demoCorpus, '--out', out, '--min-lines', '2'],
  ...['--provider', 'cpu', '--workers', '1', '--seed', '7', '--top', '0', ...more],
];
/** The options of several machines are none of this machine's. */
const here = (options: readonly string[]) => options.slice(0, options.indexOf('--max-running'));

/** All tables but the one that says how it was run. */
const tablesOf = (file: string) => dumpStudy(file).replace(/^## study\n.*\n/m, '');

const shared = scratchFolder();
const wholes = new Map<readonly string[], Promise<string>>();
/** The tables that this machine leaves. */
function wholeStudy(options: readonly string[]): Promise<string> {
  const known = wholes.get(options);
  if (known) return known;
  const made = (async () => {
    const out = join(shared, `${wholes.size}.sqlite`);
    const { exitCode, stderr } = await cli(...studyArgs(out, ...here(options)));
    assert.equal(exitCode, 0, stderr);
    return tablesOf(out);
  })();
  wholes.set(options, made);
  return made;
}

const queueOf = (cluster: SlurmCluster, out: string, format: string, ...more: string[]) =>
  cluster
    .ask('squeue', '-h', '-r', '-n', jobName(out), '-o', format, ...more)
    .split('\n')
    .filter(Boolean);

/** Processes that run a task of this study. */
function tasksOf(out: string): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(`\0task\0${out}\0`);
      } catch {
        return false;
      }
    })
    .map(Number);
}

/** The job of a task's process, as Slurm names it. */
function jobOf(pid: number): string {
  const of = readFileSync(`/proc/${pid}/environ`, 'utf8');
  return `${/SLURM_ARRAY_JOB_ID=(\d+)/.exec(of)![1]}_${/SLURM_ARRAY_TASK_ID=(\d+)/.exec(of)![1]}`;
}

const USR2 = 1n << 11n;

/** A set of signals of a process, as its bits. */
function signalsOf(pid: number, field: string): bigint {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return BigInt(`0x${new RegExp(`^${field}:\\s+(\\w+)`, 'm').exec(status)![1]}`);
  } catch {
    return 0n; // It has ended.
  }
}

const kill = (pid: number) => {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {} // It has ended in the meantime.
};

test('a study of 200 tasks ends with the same tables, whatever is killed', async (t) => {
  const cluster = clusterOr(t);
  if (!cluster) return;
  const out = join(scratchFolder(), 'chaos.sqlite');
  const args = studyArgs(out, ...onSlurm, ...many, '--tasks-a-job', '20');
  const whole = wholeStudy(many);
  let run = startCli(...args);
  const said: string[] = [];
  const follow = () => void run.result.then(({ stderr }) => said.push(stderr));
  follow();
  const done: string[] = [];
  const pick = <T>(list: readonly T[]): T | undefined => list[Math.floor(Math.random() * list.length)];
  const disturb: Readonly<Record<string, () => Promise<boolean>>> = {
    async task() {
      const pid = pick(tasksOf(out));
      if (pid === undefined) return false;
      kill(pid);
      return true;
    },
    async submitter() {
      kill(run.child.pid!);
      await run.result;
      run = startCli(...args);
      follow();
      return true;
    },
    async controller() {
      cluster.kill('controller');
      await sleep(200);
      cluster.start('controller');
      return true;
    },
    async requeue() {
      const job = pick(queueOf(cluster, out, '%i', '--states', 'running'));
      if (job === undefined) return false;
      spawnSync('scontrol', ['requeue', job], { env: cluster.env });
      return true;
    },
    async notice() {
      const job = pick(queueOf(cluster, out, '%i', '--states', 'running'));
      if (job === undefined) return false;
      spawnSync('scancel', ['--signal', 'USR2', '--batch', job], { env: cluster.env });
      return true;
    },
    async node() {
      const set = (...words: string[]) => {
        spawnSync('scontrol', ['update', 'nodename=n2', ...words], { env: cluster.env });
      };
      set('state=down', 'reason=test');
      await sleep(500);
      set('state=resume'); // It may have come back by itself.
      return true;
    },
  };
  // The ends of jobs that a controller's death has swallowed are told to the next one fifteen seconds later, so one dies, and early.
  const order = ['controller', 'task', 'notice', 'task', 'submitter', 'task', 'node', 'task', 'requeue'];
  let isOver = false;
  while (done.length < 25 && !isOver) {
    await sleep(100 + 300 * Math.random());
    const what = done.length === 9 || done.length === 18 ? 'task' : order[done.length % order.length]!;
    isOver = run.child.exitCode !== null;
    if (!isOver && (await disturb[what]!())) done.push(what);
    cluster.hurry();
  }
  await cluster.until('its end', () => run.child.exitCode !== null, 120_000);
  const { exitCode, stderr } = await run.result;
  assert.equal(exitCode, 0, `${stderr}\n${done.join(' ')}\n${said.join('\n')}`);
  assert.equal(done.length, 25, `it was over before: ${done.join(' ')}`);
  assert.equal(tablesOf(out), await whole);
  assert.deepEqual(queueOf(cluster, out, '%i'), [], 'nothing is left in the queue');
  assert(!existsSync(`${out}-tasks`), 'nor on the disk');
});

test('jobs that have to make room for others go back into the queue, and lose a batch at most', async (t) => {
  const cluster = clusterOr(t);
  if (!cluster) return;
  const out = join(scratchFolder(), 's.sqlite');
  const run = startCli(...studyArgs(out, ...onSlurm, ...few, '--sbatch', '--partition=work'));
  // It is not over before the other comes.
  await cluster.until('a task', () => tasksOf(out).length > 0);
  process.kill(tasksOf(out)[0]!, 'SIGSTOP');
  cluster.ask(
    'sbatch',
    '--partition=urgent',
    '--nodes=4',
    '--exclusive',
    '--output=/dev/null',
    '--wrap',
    'sleep 1',
  );
  const restarts = () =>
    cluster
      .ask('scontrol', 'show', 'job', '--oneliner')
      .split('\n')
      .filter((line) => line.includes(`JobName=${jobName(out)} `) && / Restarts=[1-9]/.test(line));
  await cluster.until(
    'one that is back in the queue',
    () => restarts().length > 0 || run.child.exitCode !== null,
  );
  await cluster.until('its end', () => run.child.exitCode !== null, 120_000);
  const { exitCode, stderr } = await run.result;
  assert.equal(exitCode, 0, stderr);
  assert(restarts().length > 0, 'it was over before');
  assert.equal(tablesOf(out), await wholeStudy(few));
});

// Most of what these take is waiting.
describe('beside each other', { concurrency: 4 }, () => {
  test('a job that hangs is ended by its time limit, and done again', async (t) => {
    const cluster = clusterOr(t);
    if (!cluster) return;
    const out = join(scratchFolder(), 's.sqlite');
    const run = startCli(...studyArgs(out, ...onSlurm, ...few));
    await cluster.until('a task', () => tasksOf(out).length > 0);
    const [pid] = tasksOf(out);
    process.kill(pid!, 'SIGSTOP');
    const job = jobOf(pid!);
    cluster.ask('scontrol', 'update', `JobId=${job}`, 'TimeLimit=0');
    await cluster.until('its end', () => run.child.exitCode !== null, 120_000);
    const { exitCode, stderr } = await run.result;
    assert.equal(exitCode, 0, stderr);
    // Slurm wakes what it ends: a task that hears of its time first queues itself again.
    assert.match(
      cluster.ask('scontrol', 'show', 'job', '--oneliner', job),
      /JobState=TIMEOUT|Restarts=[1-9]/,
    );
    assert.equal(tablesOf(out), await wholeStudy(few));
  });

  test('a disk that is full is told, and gone on with when there is room; a full scratch disk is done without', async (t) => {
    const cluster = clusterOr(t);
    if (!cluster) return;
    const [disk, scratch] = [smallDisk(600 << 10), smallDisk(64 << 10)];
    if (!disk || !scratch) return t.skip('needs the right to mount a small disk');
    const out = join(disk.folder, 's.sqlite');
    const args = studyArgs(
      out,
      ...onSlurm,
      ...few,
      '--sbatch',
      `--export=ALL,SLURM_TMPDIR=${scratch.folder}`,
    );
    const full = await cli(...args);
    assert.equal(full.exitCode, 1, full.stderr);
    assert.match(full.stderr, /disk is full|No space left/i);
    disk.resize(64 << 20);
    const rest = await cli(...args);
    assert.equal(rest.exitCode, 0, rest.stderr);
    assert.equal(tablesOf(out), await wholeStudy(few));
    assert.deepEqual(readdirSync(scratch.folder), []);
    return undefined;
  });

  test('whoever follows may die: the next command goes on with the jobs that are there', async (t) => {
    const cluster = clusterOr(t);
    if (!cluster) return;
    const out = join(scratchFolder(), 's.sqlite');
    const args = studyArgs(out, ...onSlurm, ...few);
    const first = startCli(...args);
    await cluster.until('jobs', () => queueOf(cluster, out, '%F').length > 0);
    const second = await cli(...args);
    assert.equal(second.exitCode, 2, 'two at a time are refused');
    assert(second.stderr.includes(out) && /another/i.test(second.stderr), second.stderr);
    first.child.kill('SIGKILL');
    await first.result;
    const ofSamples = () =>
      queueOf(cluster, out, '%F %k').filter((line) => line.includes(' verbatim-tasks sample-'));
    const arrays = new Set(ofSamples());
    assert(arrays.size > 0, 'jobs go on without it');
    const third = startCli(...args);
    await cluster.until('its end', () => {
      for (const array of ofSamples()) assert(arrays.has(array), 'nothing is handed over twice');
      return third.child.exitCode !== null;
    });
    const { exitCode, stderr } = await third.result;
    assert.equal(exitCode, 0, stderr);
    assert.equal(tablesOf(out), await wholeStudy(few));
  });

  test('jobs that are handed over and left alone are gathered by a last one', async (t) => {
    const cluster = clusterOr(t);
    if (!cluster) return;
    const out = join(scratchFolder(), 's.sqlite');
    const { exitCode, stderr } = await cli(...studyArgs(out, ...onSlurm, ...few, '--no-wait'));
    assert.equal(exitCode, 0, stderr);
    assert.match(stderr, /Handed over: 0 of \d+ tasks done/);
    await cluster.until('the last job', () => queueOf(cluster, out, '%i').length === 0);
    assert.equal(tablesOf(out), await wholeStudy(few), readFileSync(`${out}.last-job.log`, 'utf8'));
  });

  test('an index is built by jobs, and answers as one that is built here', async (t) => {
    if (!clusterOr(t)) return;
    const folder = scratchFolder();
    const [own, built] = [join(folder, 'own'), join(folder, 'built')];
    const query = join(folder, 'query.js');
    const row = gunzipSync(readFileSync(join(demoCorpus, 'shard-0001.json.gz')))
      .toString()
      .split('\n')[2]!;
    writeFileSync(query, JSON.parse(row).content);
    const answers: string[] = [];
    for (const [to, ...more] of [[own], [built, ...onSlurm]] as const) {
      const made = await cli('index', 'build', '--corpus', demoCorpus, '--to', to, ...more);
      assert.equal(made.exitCode, 0, made.stderr);
      // How many documents are proposed that have nothing of it depends on the index's own seed.
      const { stdout } = await cli('index', 'check', to, query, '--json');
      answers.push(stdout.replace(/"nDocumentsOpened":\d+/, ''));
    }
    assert(answers[0]!.length > 100, answers[0]);
    assert.equal(answers[1], answers[0]);
  });

  test('shards in a store are streamed by the jobs', async (t) => {
    if (!clusterOr(t)) return;
    const store = await startS3Store();
    if (store === null) return t.skip('needs pip');
    const proxy = await startRangeServer({ behind: store.port });
    t.after(() => {
      store.close();
      return proxy.close();
    });
    const key = 'code/shard-0001.json.gz';
    await store.put(key, join(demoCorpus, 'shard-0001.json.gz'));
    const folder = scratchFolder();
    Object.assign(process.env, store.environment, { AWS_ENDPOINT_URL: proxy.address });
    const study = (name: string, ...more: string[]) =>
      cli(
        ...studyArgs(join(folder, name), ...more).map((word) =>
          word === demoCorpus ? 's3://corpora/code/' : word,
        ),
      );
    const own = await study('here.sqlite', ...here(few));
    assert.equal(own.exitCode, 0, own.stderr);
    const nRead = () =>
      proxy.requests.filter(({ path, range }) => path.endsWith(key) && range !== null).length;
    const nBefore = nRead();
    const { exitCode, stderr } = await study('there.sqlite', ...onSlurm, ...few);
    assert.equal(exitCode, 0, stderr);
    assert(nRead() > nBefore, 'the jobs have asked the store');
    assert.equal(tablesOf(join(folder, 'there.sqlite')), tablesOf(join(folder, 'here.sqlite')));
    return undefined;
  });

  test('what would be handed over is printed, and nothing else done', async (t) => {
    if (!clusterOr(t)) return;
    const folder = scratchFolder();
    const out = join(folder, "it's.sqlite");
    const words = [
      '--sbatch',
      '-c 2 --mem=1G',
      '--sbatch-model',
      '--gres=gpu:1',
      '--container',
      'verbatim.sif',
      '--no-wait',
    ];
    const shown = await cli(...studyArgs(out, ...onSlurm, ...many, '--dry-run', ...words));
    assert.equal(shown.exitCode, 0, shown.stderr);
    assert.match(shown.stdout, /^#!\/bin\/bash\n/);
    assert.match(shown.stdout, /^sbatch -c 2 --mem=1G --gres=gpu:1 --parsable .*--array=0%50 /m);
    assert.match(shown.stdout, /apptainer exec --bind|apptainer exec '--bind'/);
    // Whatever asks Slurm runs where its programs are: outside of the image.
    const [, last] = shown.stdout.split(/^(?=#!)/m);
    assert.match(last!, /^exec '.*node' '.*' 'study' .*'--no-wait'$/m);
    assert(!/apptainer|--dry-run/.test(last!), last);
    assert.match(last!, /^sbatch .*--dependency=afterany:JOBS .*last-job\.sh'?$/m);
    for (const script of shown.stdout.split(/^(?=#!)/m)) {
      const { status, stderr } = spawnSync('bash', ['-n'], {
        input: script.split('\nsbatch')[0]!,
        encoding: 'utf8',
      });
      assert.equal(status, 0, stderr);
    }
    assert.deepEqual(readdirSync(folder), ["it's.sqlite-lock"]);
  });

  test('jobs that wait say why, and Ctrl-C takes them back', async (t) => {
    const cluster = clusterOr(t);
    if (!cluster) return;
    const out = join(scratchFolder(), 's.sqlite');
    const run = startCli(...studyArgs(out, ...onSlurm, ...few, '--sbatch', '--partition=closed'));
    await untilStderr(run.child, /pending \(PartitionDown, that is, the partition is closed\)/);
    run.child.kill('SIGINT');
    const { exitCode, stderr } = await run.result;
    assert.equal(exitCode, 130, stderr);
    assert.deepEqual(queueOf(cluster, out, '%i'), []);
  });

  const refused: readonly (readonly [what: string, options: readonly string[], words: RegExp])[] = [
    [
      'a partition that is not there',
      ['--sbatch', '-p nowhere'],
      /invalid partition specified: nowhere.*\n.*sinfo/,
    ],
    ['more than any node has', ['--sbatch', '--mem=9T'], /sbatch refused the jobs: .*(emory|configuration)/],
    ['an option that is no option', ['--sbatch', 'evil.sh'], /“evil.sh” is no option/],
    ['an option that is taken', ['--sbatch', '--array=0-9'], /“--array=0-9” is set by Verbatim itself/],
  ];
  for (const [what, options, words] of refused) {
    test(`${what} is refused in words, and leaves no job`, async (t) => {
      const cluster = clusterOr(t);
      if (!cluster) return;
      const out = join(scratchFolder(), 's.sqlite');
      const { exitCode, stderr } = await cli(...studyArgs(out, ...onSlurm, ...few, ...options));
      assert.equal(exitCode, 2, stderr);
      assert.match(stderr, words);
      assert.deepEqual(queueOf(cluster, out, '%i'), []);
    });
  }

  test('a job that cannot do one piece of its work in its time is told at once', async (t) => {
    const cluster = clusterOr(t);
    if (!cluster) return;
    const out = join(scratchFolder(), 's.sqlite');
    const run = startCli(...studyArgs(out, ...onSlurm, ...few, '--sbatch', '--time=1'));
    const [caught, waits] = ['SigCgt', 'ShdPnd'].map(
      (field) => (pid: number) => (signalsOf(pid, field) & USR2) !== 0n,
    );
    const listening = () => tasksOf(out).find(caught!);
    while (listening() === undefined && run.child.exitCode === null) await sleep(10);
    const pid = listening()!;
    process.kill(pid, 'SIGSTOP');
    // What --signal=USR2@90 has Slurm do when it looks at its jobs' time, which is each half minute.
    const signal = () => {
      try {
        cluster.ask('scancel', '--signal', 'USR2', '--batch', jobOf(pid));
      } catch {} // A busy controller passes none on.
      return false;
    };
    await cluster.until('the signal', () => waits!(pid) || signal());
    process.kill(pid, 'SIGCONT');
    const { exitCode, stderr } = await run.result;
    assert.equal(exitCode, 2, stderr);
    assert.match(stderr, /time limit of the job is over before one piece of the work is done\n.*--time=/);
    assert.deepEqual(queueOf(cluster, out, '%i'), []);
  });

  test('what a node lacks is named', async (t) => {
    if (!clusterOr(t)) return;
    const out = join(scratchFolder(), 's.sqlite');
    const image = join(scratchFolder(), 'gone.sif');
    const { exitCode, stderr } = await cli(...studyArgs(out, ...onSlurm, ...few, '--container', image));
    assert.equal(exitCode, 1, stderr);
    assert.match(stderr, /A job could not begin on n\d .* has no (apptainer|.*gone\.sif)\n.*--container/);
  });

  test('a folder that a node does not see is named', async (t) => {
    if (!clusterOr(t)) return;
    const folder = join(hidden, 'studies');
    mkdirSync(folder, { recursive: true });
    const out = join(folder, 's.sqlite');
    const { exitCode, stderr } = await cli(
      ...studyArgs(out, ...onSlurm, ...few, '--sbatch', '--nodelist=n4'),
    );
    assert.equal(exitCode, 1, stderr);
    assert(stderr.includes(`The nodes do not see ${out}-tasks`), stderr);
    assert.match(stderr, /folder that all nodes share/);
  });
});

test('without Slurm the way out is named', async () => {
  const out = join(scratchFolder(), 's.sqlite');
  const path = process.env.PATH;
  process.env.PATH = scratchFolder();
  const running = cli(...studyArgs(out, ...onSlurm, ...few));
  process.env.PATH = path;
  const { exitCode, stderr } = await running;
  assert.equal(exitCode, 2, stderr);
  assert.match(stderr, /There is no squeue here.*\n.*login node.*--executor local/);
});

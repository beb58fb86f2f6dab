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
import { currentPlan } from '../../server/study/tasks/open-plan.ts';
import { cli, demoCorpus, demoModel, startCli, untilStderr } from '../support/cli.ts';
import { dumpStudy } from '../support/dump-study.ts';
import { startRangeServer } from '../support/range-server.ts';
import { startS3Store } from '../support/s3-store.ts';
import { scratchFolder } from '../support/scratch.ts';
import { type Run, type SlurmCluster, startSlurm } from '../support/slurm-cluster.ts';
import { isHeld, kill, signal, stopTaskOf, type Task, tasksOf } from '../support/slurm-tasks.ts';
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
/** Three tasks of four samples, of which one waits for another, and one of shards. */
const few = [
  '--samples',
  '12',
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
/** The options of several machines are none of this machine's, nor is the size of a task: batches of any size give the same. */
const here = (options: readonly string[]) => options.slice(0, options.indexOf('--batch'));

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

/** The text of a row of the demo's second shard. */
const rowOfDemo = (): string =>
  JSON.parse(
    gunzipSync(readFileSync(join(demoCorpus, 'shard-0001.json.gz')))
      .toString()
      .split('\n')[2]!,
  ).content;

const queueOf = async (cluster: SlurmCluster, out: string, format: string, ...more: string[]) =>
  (await cluster.ask('squeue', '-h', '-r', '-n', jobName(out), '-o', format, ...more))
    .split('\n')
    .filter(Boolean);

/** Jobs that were ended are in the queue until their nodes have seen to it. */
const untilNoneIsLeft = (cluster: SlurmCluster, out: string) =>
  cluster.until('an empty queue', async () => (await queueOf(cluster, out, '%i')).length === 0);

/** It is looked for much more often than Slurm is asked how it is: a task takes a second, and each answer on a busy machine as well. */
const stopTask = (cluster: SlurmCluster, out: string, run: Run): Promise<Task> =>
  cluster.until(
    'a task that can be stopped',
    async () => {
      for (let nLooks = 0; nLooks < 40; nLooks++) {
        const task = await stopTaskOf(out);
        if (task !== undefined) return task;
        await sleep(50);
      }
      return undefined;
    },
    run,
  );

const orNone = <T>(list: readonly T[]) => (list.length > 0 ? list : undefined);

/** Tells a job to make room. It may have ended, or be about to begin. */
const notice = (cluster: SlurmCluster, job: string) =>
  cluster.ask('scancel', '--signal', 'USR2', '--batch', job).catch(() => {});

/** How a command has ended; until then something is done again and again. */
async function ended(cluster: SlurmCluster, run: Run, meanwhile: () => Promise<unknown> = async () => {}) {
  await cluster.until('its end', async () => {
    await meanwhile();
    return run.child.exitCode !== null;
  });
  return run.result;
}

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
      await cluster.start('controller');
      return true;
    },
    async requeue() {
      const job = pick(await queueOf(cluster, out, '%i', '--states', 'running'));
      if (job === undefined) return false;
      await cluster.ask('scontrol', 'requeue', job).catch(() => {}); // It may have ended.
      return true;
    },
    async notice() {
      const job = pick(await queueOf(cluster, out, '%i', '--states', 'running'));
      if (job === undefined) return false;
      await Promise.race([notice(cluster, job), sleep(1000)]); // It waits for a job that just begins.
      return true;
    },
    async node() {
      await cluster.ask('scontrol', 'update', 'nodename=n2', 'state=down', 'reason=test');
      await sleep(500);
      // It may have come back by itself.
      await cluster.ask('scontrol', 'update', 'nodename=n2', 'state=resume').catch(() => {});
      return true;
    },
  };
  // The ends of jobs that a controller's death has swallowed are told to the next one fifteen seconds later, so one dies, and early.
  const order = ['controller', 'task', 'notice', 'task', 'submitter', 'task', 'node', 'task', 'requeue'];
  const held: Task[] = [];
  let isOver = false;
  while (done.length < 25 && !isOver) {
    await sleep(50 + 150 * Math.random());
    // A job with work left is stopped: however long the disturbances take, the study is not over before the last of them.
    if (!held.some(isHeld)) held.push(...[await stopTaskOf(out)].filter((task) => task !== undefined));
    const what = done.length === 9 || done.length === 18 ? 'task' : order[done.length % order.length]!;
    isOver = run.child.exitCode !== null;
    if (!isOver && (await disturb[what]!())) done.push(what);
    await cluster.hurry();
  }
  for (const { pid } of held) signal(pid, 'SIGCONT');
  const { exitCode, stderr } = await ended(cluster, run);
  assert.equal(exitCode, 0, `${stderr}\n${done.join(' ')}\n${said.join('\n')}`);
  assert.equal(done.length, 25, `it was over before: ${done.join(' ')}`);
  assert.equal(tablesOf(out), await whole);
  await untilNoneIsLeft(cluster, out);
  assert(!existsSync(`${out}-tasks`), 'nothing is left on the disk');
});

test('jobs that have to make room for others go back into the queue, and lose a batch at most', async (t) => {
  const cluster = clusterOr(t);
  if (!cluster) return;
  const out = join(scratchFolder(), 's.sqlite');
  const run = startCli(...studyArgs(out, ...onSlurm, ...few, '--sbatch', '--partition=work'));
  // It is not over before the other comes.
  await stopTask(cluster, out, run);
  const all = ['--partition=urgent', '--nodes=4', '--exclusive', '--output=/dev/null'];
  await cluster.ask('sbatch', ...all, '--wrap', 'sleep 1');
  const isBack = async () =>
    (await cluster.ask('scontrol', 'show', 'job', '--oneliner'))
      .split('\n')
      .some((line) => line.includes(`JobName=${jobName(out)} `) && / Restarts=[1-9]/.test(line));
  await cluster.until('one that is back in the queue', isBack, run);
  const { exitCode, stderr } = await ended(cluster, run);
  assert.equal(exitCode, 0, stderr);
  assert.equal(tablesOf(out), await wholeStudy(few));
});

// Most of what these take is waiting.
describe('beside each other', { concurrency: 4 }, () => {
  test('a job that hangs is ended by its time limit, and done again', async (t) => {
    const cluster = clusterOr(t);
    if (!cluster) return;
    const out = join(scratchFolder(), 's.sqlite');
    const run = startCli(...studyArgs(out, ...onSlurm, ...few));
    const { job } = await stopTask(cluster, out, run);
    await cluster.ask('scontrol', 'update', `JobId=${job}`, 'TimeLimit=0');
    const { exitCode, stderr } = await ended(cluster, run);
    assert.equal(exitCode, 0, stderr);
    // Slurm wakes what it ends: a task that hears of its time first queues itself again.
    assert.match(
      await cluster.ask('scontrol', 'show', 'job', '--oneliner', job),
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
    // So nothing is over before all have had their turn.
    const { pid } = await stopTask(cluster, out, first);
    const second = await cli(...args);
    assert.equal(second.exitCode, 2, 'two at a time are refused');
    assert(second.stderr.includes(out) && /another/i.test(second.stderr), second.stderr);
    first.child.kill('SIGKILL');
    await first.result;
    const ofSamples = async () =>
      (await queueOf(cluster, out, '%F %k')).filter((line) => line.includes(' verbatim-tasks sample-'));
    const arrays = new Set(await ofSamples());
    assert(arrays.size > 0, 'jobs go on without it');
    const third = startCli(...args);
    await untilStderr(third.child, /\d+ running/);
    process.kill(pid, 'SIGCONT');
    await cluster.until('its end', async () => {
      for (const array of await ofSamples()) assert(arrays.has(array), 'nothing is handed over twice');
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
    await untilNoneIsLeft(cluster, out);
    assert.equal(tablesOf(out), await wholeStudy(few), readFileSync(`${out}.last-job.log`, 'utf8'));
  });

  test('an index is built by jobs, and answers as one that is built here', async (t) => {
    if (!clusterOr(t)) return;
    const folder = scratchFolder();
    const [own, built] = [join(folder, 'own'), join(folder, 'built')];
    const query = join(folder, 'query.js');
    writeFileSync(query, rowOfDemo());
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
    const samples = join(folder, 'samples.jsonl');
    writeFileSync(samples, JSON.stringify(rowOfDemo()));
    Object.assign(process.env, store.environment, { AWS_ENDPOINT_URL: proxy.address });
    const asked = ['--samples', samples, '--corpus', 's3://corpora/code/'];
    const scan = (name: string, ...more: string[]) =>
      cli('scan', ...asked, '--out', join(folder, name), ...more);
    const own = await scan('here.sqlite');
    assert.equal(own.exitCode, 0, own.stderr);
    const nRead = () =>
      proxy.requests.filter(({ path, range }) => path.endsWith(key) && range !== null).length;
    const nBefore = nRead();
    const { exitCode, stderr } = await scan('there.sqlite', ...onSlurm);
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
    assert.match(
      shown.stdout,
      /^sbatch -c 2 --mem=1G --gres=gpu:1 --parsable .*--array=0%50 .*--signal=B:USR2@90 /m,
    );
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
    await untilNoneIsLeft(cluster, out);
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
      assert.deepEqual(await queueOf(cluster, out, '%i'), []);
    });
  }

  test('a job that cannot do one piece of its work in its time is told at once', async (t) => {
    const cluster = clusterOr(t);
    if (!cluster) return;
    const folder = scratchFolder();
    const [out, samples] = [join(folder, 's.sqlite'), join(folder, 'samples.jsonl')];
    writeFileSync(samples, JSON.stringify(Array.from({ length: 9 }, (_, i) => `line ${i}\n`).join('')));
    const shard = readFileSync(join(demoCorpus, 'shard-0001.json.gz'));
    const server = await startRangeServer({ files: { 'shard.json.gz': shard } });
    t.after(() => server.close());
    const run = startCli(
      ...['scan', '--samples', samples, '--corpus', `${server.address}/shard.json.gz`, '--out', out],
      ...[...onSlurm, '--sbatch', '--hold --time=3'],
    );
    // All that is asked from now on is asked by the job, for the first piece of its work, and gets no answer.
    const [job] = await cluster.until('a job', async () => orNone(await queueOf(cluster, out, '%i')), run);
    server.faults.push({ kind: 'silence', times: Number.POSITIVE_INFINITY });
    const nBefore = server.requests.length;
    await cluster.ask('scontrol', 'release', job!);
    await cluster.until('a job at work', () => server.requests.length > nBefore, run);
    // What --signal=B:USR2@90 has Slurm do when it looks at its jobs' time, which is each half minute.
    const { exitCode, stderr } = await ended(cluster, run, async () => {
      const log = currentPlan(out)?.logFile(job!);
      if (log !== undefined && existsSync(log))
        assert.doesNotMatch(readFileSync(log, 'utf8'), /is back in the queue/);
      const others = (await queueOf(cluster, out, '%i')).filter((one) => one !== job);
      assert.deepEqual(others, [], 'it is not handed over again');
      await notice(cluster, job!);
    });
    assert.equal(exitCode, 2, stderr);
    assert.match(stderr, /time limit of the job is over before one piece of the work is done\n.*--time=/);
    await untilNoneIsLeft(cluster, out);
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

// A real Slurm: Debian's, with its own keys and folders, on one machine that plays several nodes. Where it cannot be installed or
// started it says why.

import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { CliResult } from './cli.ts';
import { oneAtATime } from './one-at-a-time.ts';
import { scratchFolder } from './scratch.ts';

const N_NODES = 4;
/** A cluster in which nothing changes for so long will never be as is wanted: what happens in it by itself takes a minute. */
const STANDSTILL_MS = 300_000;
const LOOK_MS = 200;
const HURRY_MS = 1000;
const ANSWER_MS = 120_000;

/** A command of ours that is to bring about what is waited for. */
export interface Run {
  readonly child: ChildProcess;
  readonly result: Promise<CliResult>;
}

export interface SlurmCluster {
  /** What its programs, and whoever starts them, have in their environment. */
  readonly env: NodeJS.ProcessEnv;
  readonly nodes: readonly string[];
  /** Asks one of its programs. */
  ask(program: string, ...args: string[]): Promise<string>;
  kill(daemon: 'controller' | string): void;
  start(daemon: 'controller' | string): Promise<void>;
  /**
   * Minutes go by: what was put back into the queue need not wait for its credentials to run out any more, and a controller that
   * was killed learns from the nodes which jobs they have not.
   */
  hurry(): Promise<void>;
  /**
   * Until something is there, which is given back. However slow the machine is, it is waited for as long as anything changes in the
   * cluster; what `run` was to bring about cannot come any more once that has ended.
   */
  until<T>(what: string, look: () => T | Promise<T>, run?: Run): Promise<Exclude<T, undefined | false>>;
}

/** The reason, in a sentence, where there can be none. `hidden` is a folder that the last node does not see. */
export async function startSlurm(hidden?: string): Promise<SlurmCluster | string> {
  const missing = await oneAtATime('slurm', install);
  if (missing !== undefined) return missing;
  // Before the folder is removed, which hooks are told of in this order.
  let end = () => {};
  after(() => end());
  const folder = scratchFolder();
  const port = await freePorts(N_NODES + 1);
  const env = { ...process.env, SLURM_CONF: join(folder, 'slurm.conf') };
  const at = (name: string) => join(folder, name);
  writeFileSync(at('munge.key'), randomBytes(1024), { mode: 0o400 });
  mkdirSync(at('state'));
  writeFileSync(at('slurm.conf'), configuration(folder, port));
  const nodes = Array.from({ length: N_NODES }, (_, i) => `n${i + 1}`);
  const ask = async (program: string, ...args: string[]) => {
    const options = { env, encoding: 'utf8', timeout: ANSWER_MS } as const;
    return (await promisify(execFile)(program, args, options)).stdout;
  };
  // In the foreground, so that it is known of each which process it is, and whether it is still there.
  const daemons = new Map<string, ChildProcess>();
  const startDaemon = (name: string, program: string, ...args: string[]) => {
    const daemon = spawn(program, args, { env, stdio: 'ignore' });
    daemon.unref();
    daemons.set(name, daemon);
  };
  const hasEnded = (name: string) => {
    const { exitCode, signalCode } = daemons.get(name)!;
    return exitCode !== null || signalCode !== null;
  };
  const startController = async () => {
    do {
      // The port of one that was killed may be taken for a moment: it ends at once, and is started again.
      if (!daemons.has('controller') || hasEnded('controller')) startDaemon('controller', 'slurmctld', '-D');
      await sleep(LOOK_MS);
    } while (!(await ask('scontrol', 'ping').catch(() => '')).includes('UP') || hasEnded('controller'));
  };
  let [learnedAt, hurriedAt] = [performance.now(), 0];
  const cluster: SlurmCluster = {
    env,
    nodes,
    ask,
    kill: (daemon) => void daemons.get(daemon)?.kill('SIGKILL'),
    async start(daemon) {
      if (daemon === 'controller') await startController();
      else if (hidden !== undefined && daemon === nodes.at(-1)) {
        const script = `mount -t tmpfs none "$1" && exec slurmd -D -N ${daemon}`;
        startDaemon(daemon, 'unshare', '--mount', 'sh', '-c', script, 'sh', hidden);
      } else startDaemon(daemon, 'slurmd', '-D', '-N', daemon);
    },
    async hurry() {
      // Several may wait at the same time.
      if (performance.now() - hurriedAt < HURRY_MS) return;
      hurriedAt = performance.now();
      if (performance.now() - learnedAt > 5000) {
        learnedAt = performance.now();
        await ask('scontrol', 'reconfigure').catch(() => {});
      }
      const waiting = await ask('squeue', '-h', '-r', '-t', 'PD', '-o', '%i %r').catch(() => '');
      for (const line of waiting.split('\n').filter((one) => one.endsWith(' BeginTime')))
        await ask('scontrol', 'update', `JobId=${line.split(' ')[0]}`, 'StartTime=now').catch(() => {});
    },
    async until(what, look, run) {
      let [last, changedAt] = ['', performance.now()];
      for (;;) {
        const isOver = run !== undefined && (run.child.exitCode ?? run.child.signalCode) !== null;
        const found = await look();
        if (found !== undefined && found !== false) return found as never;
        if (isOver) throw new Error(`${what}: it has ended before\n${(await run.result).stderr}`);
        const jobs = await ask('squeue', '-r', '--all', '-o', '%i %j %T %r %N').catch(String);
        const now = jobs + (await ask('sinfo', '-N').catch(String));
        if (now !== last) [last, changedAt] = [now, performance.now()];
        if (performance.now() - changedAt > STANDSTILL_MS)
          throw new Error(`${what}: nothing changes\n${now}`);
        await cluster.hurry();
        await sleep(LOOK_MS);
      }
    },
  };
  end = () => {
    spawnSync('scancel', ['--full', '--user', '0'], { env, timeout: 30_000 });
    for (const daemon of daemons.values()) daemon.kill('SIGKILL');
  };
  const munge = [
    ...['--key-file', at('munge.key'), '--socket', at('munge.socket'), '--pid-file', at('munged.pid')],
    ...['--log-file', at('munged.log'), '--seed-file', at('munge.seed')],
  ];
  startDaemon('munge', 'munged', '--foreground', '--force', ...munge);
  await cluster.start('controller');
  for (const node of nodes) await cluster.start(node);
  await cluster.until('nodes that are up', async () => {
    const lost = nodes.find(hasEnded);
    if (lost !== undefined) throw new Error(`slurmd of ${lost} has ended`);
    return (await ask('sinfo', '-h', '-p', 'work', '-o', '%T %D')).trim() === `idle ${N_NODES}`;
  });
  return cluster;
}

function configuration(folder: string, port: number): string {
  const host = hostname();
  const ports = `[${port + 1}-${port + N_NODES}]`;
  return [
    'ClusterName=verbatim',
    `SlurmctldHost=${host}(127.0.0.1)`,
    `SlurmctldPort=${port}`,
    'AuthType=auth/munge',
    `AuthInfo=socket=${folder}/munge.socket`,
    'SlurmUser=root',
    'SlurmdUser=root',
    `StateSaveLocation=${folder}/state`,
    `SlurmdSpoolDir=${folder}/spool-%n`,
    `SlurmctldPidFile=${folder}/slurmctld.pid`,
    `SlurmdPidFile=${folder}/slurmd-%n.pid`,
    `SlurmctldLogFile=${folder}/slurmctld.log`,
    `SlurmdLogFile=${folder}/slurmd-%n.log`,
    'ProctrackType=proctrack/pgid',
    'TaskPlugin=task/none',
    'SelectType=select/cons_tres',
    'SelectTypeParameters=CR_CPU',
    'SlurmdParameters=config_overrides',
    'SchedulerParameters=sched_min_interval=100000,bf_interval=1',
    'PreemptType=preempt/partition_prio',
    'PreemptMode=REQUEUE',
    'ReturnToService=2',
    'MaxArraySize=8',
    'KillWait=1',
    'BatchStartTimeout=2',
    'MessageTimeout=100',
    'MpiDefault=none',
    'SwitchType=switch/none',
    `NodeName=n[1-${N_NODES}] NodeHostname=${host} NodeAddr=127.0.0.1 Port=${ports} CPUs=2`,
    'PartitionName=work Nodes=ALL Default=YES State=UP PriorityTier=1',
    'PartitionName=urgent Nodes=ALL State=UP PriorityTier=9',
    'PartitionName=closed Nodes=ALL State=DOWN',
    '',
  ].join('\n');
}

const PROGRAMS = ['sbatch', 'slurmctld', 'slurmd', 'munged', 'unshare'];

function install(): string | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0)
    return 'Slurm is installed by root on Debian alone';
  const isThere = (name: string) =>
    ['/usr/bin', '/usr/sbin'].some((folder) => existsSync(join(folder, name)));
  if (PROGRAMS.every(isThere)) return undefined;
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const apt = (...args: string[]) => spawnSync('apt-get', args, { env, encoding: 'utf8', timeout: 300_000 });
  const wanted = ['install', '-y', '--no-install-recommends', 'slurm-wlm', 'munge'];
  if (apt(...wanted).status !== 0) {
    apt('update');
    apt(...wanted);
  }
  const lacking = PROGRAMS.find((name) => !isThere(name));
  return lacking && `apt-get could not install slurm-wlm: there is no ${lacking}`;
}

/** The first of so many ports in a row that nobody listens on, as far as can be told: the system itself gives out those above. */
async function freePorts(n: number): Promise<number> {
  for (;;) {
    const first = 10_000 + Math.floor(Math.random() * 22_000);
    const ports = Array.from({ length: n }, (_, i) => first + i);
    if ((await Promise.all(ports.map(isFree))).every(Boolean)) return first;
  }
}

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer()
      .once('error', () => resolve(false))
      .listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });

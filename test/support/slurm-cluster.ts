// A real Slurm: Debian's, with its own keys and folders, on one machine that plays several nodes. Where it cannot be installed or
// started it says why.

import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { scratchFolder } from './scratch.ts';

const N_NODES = 4;

export interface SlurmCluster {
  /** What its programs, and whoever starts them, have in their environment. */
  readonly env: NodeJS.ProcessEnv;
  readonly nodes: readonly string[];
  /** Asks one of its programs. */
  ask(program: string, ...args: string[]): string;
  kill(daemon: 'controller' | string): void;
  start(daemon: 'controller' | string): void;
  /**
   * Minutes go by: what was put back into the queue need not wait for its credentials to run out any more, and a controller that
   * was killed learns from the nodes which jobs they have not.
   */
  hurry(): void;
  /** Until what squeue says, without a head, is as wanted. */
  until(what: string, isSo: () => boolean, limitMs?: number): Promise<void>;
}

/** The reason, in a sentence, where there can be none. `hidden` is a folder that the last node does not see. */
export async function startSlurm(hidden?: string): Promise<SlurmCluster | string> {
  const missing = install();
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
  const run = (program: string, ...args: string[]) => {
    const { status, stdout, stderr, error } = spawnSync(program, args, {
      env,
      encoding: 'utf8',
      timeout: 30_000,
    });
    if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${error?.message ?? stdout + stderr}`);
    return stdout;
  };
  const pidOf = (daemon: string) =>
    Number(readFileSync(at(daemon === 'controller' ? 'slurmctld.pid' : `slurmd-${daemon}.pid`), 'utf8'));
  const kill = (daemon: string, signal: NodeJS.Signals) => {
    try {
      process.kill(pidOf(daemon), signal);
    } catch {} // It is gone already.
  };
  const startController = () => {
    // The port of one that was killed may be taken for a moment.
    for (let n = 0; n < 20; n++) {
      run('slurmctld');
      for (let k = 0; k < 10; k++) {
        if (spawnSync('scontrol', ['ping'], { env, encoding: 'utf8', timeout: 2000 }).stdout?.includes('UP'))
          return;
        spawnSync('sleep', ['0.1']);
      }
    }
    throw new Error('slurmctld does not start');
  };
  let learnedAt = performance.now();
  const cluster: SlurmCluster = {
    env,
    nodes,
    ask: run,
    kill: (daemon) => kill(daemon, 'SIGKILL'),
    start(daemon) {
      if (daemon === 'controller') startController();
      else if (hidden !== undefined && daemon === nodes.at(-1)) {
        const script = `mount -t tmpfs none "$1" && exec slurmd -N ${daemon}`;
        run('unshare', '--mount', 'sh', '-c', script, 'sh', hidden);
      } else run('slurmd', '-N', daemon);
    },
    hurry() {
      if (performance.now() - learnedAt > 5000) {
        learnedAt = performance.now();
        spawnSync('scontrol', ['reconfigure'], { env, timeout: 5000 });
      }
      const waiting = spawnSync('squeue', ['-h', '-r', '-t', 'PD', '-o', '%i %r'], {
        env,
        encoding: 'utf8',
        timeout: 5000,
      });
      for (const line of (waiting.stdout ?? '').split('\n').filter((one) => one.endsWith(' BeginTime'))) {
        const change = ['update', `JobId=${line.split(' ')[0]}`, 'StartTime=now'];
        spawnSync('scontrol', change, { env, timeout: 5000 });
      }
    },
    async until(what, isSo, limitMs = 60_000) {
      const giveUpAt = performance.now() + limitMs;
      while (!isSo()) {
        if (performance.now() > giveUpAt)
          throw new Error(`${what}: not in time\n${run('squeue', '--all')}${run('sinfo', '-N')}`);
        this.hurry();
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    },
  };
  end = () => {
    spawnSync('scancel', ['--full', '--user', '0'], { env });
    for (const daemon of [...nodes, 'controller']) kill(daemon, 'SIGKILL');
    for (const name of readdirSync(folder).filter((one) => one.endsWith('.pid'))) {
      try {
        process.kill(Number(readFileSync(at(name), 'utf8')), 'SIGKILL');
      } catch {}
    }
  };
  const munge = [
    '--key-file',
    at('munge.key'),
    '--socket',
    at('munge.socket'),
    '--pid-file',
    at('munged.pid'),
  ];
  run('munged', '--force', ...munge, '--log-file', at('munged.log'), '--seed-file', at('munge.seed'));
  cluster.start('controller');
  for (const node of nodes) cluster.start(node);
  await cluster.until(
    'nodes that are up',
    () => run('sinfo', '-h', '-p', 'work', '-o', '%T %D').trim() === `idle ${N_NODES}`,
  );
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

/** The first of so many ports in a row that nobody listens on, as far as can be told. */
async function freePorts(n: number): Promise<number> {
  for (;;) {
    const first = 20_000 + Math.floor(Math.random() * 30_000);
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

// What it costs to read shards where they are, beside the same files on this disk, and to be the client of a server of models. Processor time of this
// process alone; the servers are another, on the same machine.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { remotePlaces } from '../../protocol/remote-places.ts';
import type { StudyPlan } from '../../protocol/study.ts';
import { checkPlan } from '../../server/plan/stored-plan.ts';
import { runStudy } from '../../server/study/run-study.ts';
import { scanPlan } from '../support/plans.ts';

const ROWS = 20_000;
const TIMES = 3;
const SAMPLES = 4000;

export async function run(emit: (figure: object) => void): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'verbatim-remote-'));
  try {
    const text = rows();
    const files = {
      'a.jsonl': Buffer.from(text),
      'a.jsonl.gz': gzipSync(text),
      'a.jsonl.zst': zstdCompressSync(text),
    };
    for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, name), bytes);
    const samples = join(folder, 'samples.jsonl');
    writeFileSync(samples, `${JSON.stringify(body(17))}\n`);
    const paths = Object.keys(files).map((name) => join(folder, name));
    const servers = fork(join(import.meta.dirname, 'remote-server.ts'), paths);
    const [{ ranges, served }] = await once(servers, 'message');
    try {
      for (const name of Object.keys(files)) {
        const places = { here: join(folder, name), there: `${ranges}/${name}` };
        const seconds = { here: Number.POSITIVE_INFINITY, there: Number.POSITIVE_INFINITY };
        for (let i = 0; i < TIMES; i++) {
          for (const side of ['here', 'there'] as const) {
            const file = join(folder, `${name}-${side}-${i}.sqlite`);
            seconds[side] = Math.min(seconds[side], await cpuOf(() => scan(file, samples, places[side])));
          }
        }
        const megabytes = statSync(places.here).size / 1e6;
        emit({ part: 'shards', name, megabytes, ...seconds, ratio: seconds.there / seconds.here });
      }
      const plan = checkPlan({
        ...{ model: served, servedName: 'tiny', start: 'a', corpus: [join(folder, 'a.jsonl')] },
        ...{ samples: SAMPLES, maxTokens: 256, topK: 5 },
      });
      const file = join(folder, 'served.sqlite');
      const cpu = await cpuOf(() => study(file, plan, 'sample'));
      emit({ part: 'served', samples: SAMPLES, cpuMsPerSample: (1000 * cpu) / SAMPLES });
    } finally {
      servers.kill();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const body = (n: number) =>
  Array.from({ length: 30 }, (_, i) => `value_${n}_${i} = compute(${n}, ${i * n})`).join('\n');

const rows = () =>
  Array.from(
    { length: ROWS },
    (_, n) => `${JSON.stringify({ repo_name: `a/r${n}`, path: `f${n}.py`, content: body(n) })}\n`,
  ).join('');

const scan = (file: string, samples: string, place: string) =>
  study(file, scanPlan(samples, [place]), 'analyse');

const study = (file: string, plan: StudyPlan, upTo: 'sample' | 'analyse') =>
  runStudy({
    file,
    plan,
    execution: { provider: 'cpu', batch: 'auto', workers: 1, fetch: 'missing', named: remotePlaces(plan) },
    upTo,
    signal: new AbortController().signal,
    report: () => {},
  });

async function cpuOf(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

// `npm run bench -- analysis`: every answer and every report of a study of 20,000 samples, 50,000 fragments
// and 5 million occurrences. Each runs in a process of its own, so that its peak memory is its own.

import { execFileSync, spawnSync } from 'node:child_process';
import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { countKinds, describeFragments } from '../../server/answers/describe-fragments.ts';
import { measureStudy } from '../../server/answers/measure-study.ts';
import { rankPredictors } from '../../server/answers/rank-predictors.ts';
import { findInSamples, listFindings } from '../../server/answers/sensitive-findings.ts';
import { exportStudy } from '../../server/formats/published/export-study.ts';
import { gatherReport } from '../../server/formats/report-content.ts';
import { reportForms } from '../../server/formats/report-forms.ts';
import { openForReading } from '../../server/store/study-file.ts';
import { summarise } from '../../server/store/summary.ts';
import { seedStudy, size, studyFile } from './analysis-study.ts';

const formats = ['table', 'json', 'csv', 'sarif', 'md', 'html'] as const;

export async function run(emit: (figure: object) => void): Promise<void> {
  seedStudy();
  emit({ bench: 'analysis', study: size, studyBytes: statSync(studyFile).size });
  for (const work of ['answers', ...formats, 'published']) {
    const { stdout, status } = spawnSync(process.execPath, [fileURLToPath(import.meta.url), work], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
      maxBuffer: 1 << 20,
    });
    if (status !== 0) throw new Error(`The analysis bench failed in ${work}`);
    for (const line of stdout.trim().split('\n')) emit({ bench: 'analysis', ...JSON.parse(line) });
  }
}

async function measure(work: string): Promise<void> {
  const startedAt = performance.now();
  using db = openForReading(studyFile);
  const steps: Record<string, number> = {};
  const step = async <T>(name: string, run: () => T | Promise<T>): Promise<T> => {
    const from = performance.now();
    const value = await run();
    steps[name] = seconds(performance.now() - from);
    return value;
  };
  let nBytes = 0;
  let peakMB: number | undefined;
  if (work === 'answers') {
    await step('measures', () => measureStudy(db));
    await step('predictors', () => rankPredictors(db));
    const facts = await step('kindsAndSensitive', () => describeFragments(db));
    await step('kinds', () => countKinds(facts));
    await step('findings', () => [...listFindings(db, facts, 'exact-1', 'masked')].length);
    await step('samples', () => findInSamples(db, 'masked'));
  } else if (work === 'published') {
    const folder = join(studyFile, '..', 'published');
    for (const path of [folder, `${folder}-copy`]) rmSync(path, { recursive: true, force: true });
    await step('export', () => exportStudy(db, folder, 'masked'));
    peakMB = peak();
    // The bytes alone, written by another program from files that lie in memory: what the layout costs.
    await step('copy', () => execFileSync('cp', ['-r', folder, `${folder}-copy`]));
    nBytes = Number(execFileSync('du', ['-sb', folder], { encoding: 'utf8' }).split('\t')[0]);
    for (const path of [folder, `${folder}-copy`]) rmSync(path, { recursive: true });
  } else {
    const content = await gatherReport(db, summarise(db, studyFile, false), {
      places: work === 'json' || work === 'sarif' ? 5 : 3,
      disclosure: 'masked',
      baseline: null,
    });
    for await (const line of reportForms[work as (typeof formats)[number]].write(content, 'families'))
      nBytes += line.length;
  }
  console.log(
    JSON.stringify({
      work,
      seconds: steps.export ?? seconds(performance.now() - startedAt),
      cpuSeconds: seconds(cpuMs()),
      peakMB: peakMB ?? peak(),
      steps,
      nBytes,
    }),
  );
}

const peak = () => Math.round(process.resourceUsage().maxRSS / 1024);

const cpuMs = () => (process.cpuUsage().user + process.cpuUsage().system) / 1000;

const seconds = (ms: number) => Math.round(ms / 10) / 100;

if (import.meta.filename === process.argv[1]) await measure(process.argv[2]!);

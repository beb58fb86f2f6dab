// Every test of the suite in the real VS Code, as a test of this run.

import { join } from 'node:path';
import { test } from 'node:test';
import { copyPausedDemo } from '../support/demo-study.ts';
import { writeMapCorpus } from '../support/map-corpus.ts';
import { scratchFolder } from '../support/scratch.ts';
import { reportSuite } from './report-suite.ts';
import { leaveStudyToSlurm } from './slurm-study.ts';

/** Samples that are left for the suite's own run of the demo; the browser's tests run one from its beginning. */
const LEFT = 4;

const slurm = await leaveStudyToSlurm();

test('the extension in the real VS Code', async (t) => {
  const folder = scratchFolder();
  const [demo, mapCorpus] = [join(folder, 'demo.sqlite'), join(folder, 'map-corpus')];
  writeMapCorpus(mapCorpus);
  await copyPausedDemo(demo, 256 - LEFT);
  await reportSuite(t, {
    env: {
      VERBATIM_TEST_DEMO: demo,
      VERBATIM_TEST_MAP_CORPUS: mapCorpus,
      ...(typeof slurm === 'string' ? {} : slurm),
    },
  });
  if (typeof slurm === 'string') await t.test('follows jobs of Slurm', { skip: slurm }, () => {});
});

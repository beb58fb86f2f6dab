// The entry that VS Code is given as the extension's tests.

import { tests as activation } from './activation.test.ts';
import { benches as clickBenches, tests as clicks } from './clicks.test.ts';
import { tests as comparison } from './comparison.test.ts';
import { tests as dashboard } from './dashboard.test.ts';
import { tests as decorations } from './decorations.test.ts';
import { benches as editBenches } from './edit-to-mark.test.ts';
import { extension, parts } from './extension-parts.ts';
import { tests as foundMarks } from './found-marks.test.ts';
import type { HostTest } from './host-test.ts';
import { tests as lifetime } from './lifetime.test.ts';
import { tests as live } from './live.test.ts';
import { tests as maps } from './maps.test.ts';
import { tests as million } from './million.test.ts';
import { tests as plans } from './plans.test.ts';
import { runTests } from './run-tests.ts';
import { tests as running } from './running.test.ts';
import { tests as saving } from './saving.test.ts';
import { getsOn } from './signs-of-life.ts';
import { tests as slurm } from './slurm.test.ts';
import { tests as tree } from './tree.test.ts';
import { tests as view } from './view.test.ts';
import { tests as words } from './words.test.ts';

/** Activation first, while nothing has happened; then the study that the rest looks at. */
const SUITE: readonly HostTest[] = [
  ...activation,
  ...words,
  ...running,
  ...tree,
  ...view,
  ...comparison,
  ...clicks,
  ...decorations,
  ...foundMarks,
  ...live,
  ...dashboard,
  ...saving,
  ...plans,
  ...maps,
  ...slurm,
  ...lifetime,
];

const [activated, ...measured] = million;
const ofStudies = activated === undefined ? SUITE : [activated, ...clickBenches, ...measured];
const ALL = editBenches.length > 0 ? editBenches : ofStudies;

let isWatched = false;

/** A study that runs is a test that gets on. */
function watchRuns(): void {
  if (isWatched || !extension().isActive) return;
  isWatched = true;
  const { runs } = parts();
  runs.onDidChange((study) => {
    const progress = runs.get(study)?.progress;
    if (progress) getsOn(`${progress.stage}: ${progress.done} of ${progress.total}`);
  });
}

export const run = (): Promise<void> => runTests(ALL, watchRuns);

// Studies really run: the demo to its end, one that is stopped and resumed, and one that cannot start.

import assert from 'node:assert/strict';
import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { commands, workspace } from 'vscode';
import { getDemoPlan } from '../../../protocol/requests.ts';
import type { Failure } from '../../../src/failure.ts';
import type { StudyChoice } from '../../../src/wizard/study-wizard.ts';
import { AT_ONCE_MS } from '../../support/wait-limit.ts';
import { parts, progressWhere, studyNode } from './extension-parts.ts';
import { hostTest } from './host-test.ts';

export const tests = [
  hostTest('runs the demo study in the workspace to its end', async () => {
    const failures = collectFailures();
    mkdirSync(join(root(), '.verbatim'));
    copyFileSync(process.env.VERBATIM_TEST_DEMO!, join(root(), '.verbatim', 'demo.sqlite'));
    await commands.executeCommand('verbatim.runStudy', { kind: 'demo' } satisfies StudyChoice);
    assert.deepEqual(failures(), []);
    assert.ok(existsSync(join(root(), '.verbatim', 'demo.sqlite')));
    const { summary } = await studyNode('demo');
    assert.equal(summary.state, 'complete', inspect(summary.failure));
    assert.ok(summary.nSamples >= 256, `${summary.nSamples} samples`);
    assert.ok((summary.nFragments ?? 0) >= 150, `${summary.nFragments} fragments`);
    assert.equal(summary.nShardsScanned, summary.nShards);
  }),
  hostTest('stops a study when told, and resumes it where it was', async () => {
    const failures = collectFailures();
    const study = join(root(), '.verbatim', 'demo-model.sqlite');
    const plan = await parts().server.request(getDemoPlan, {});
    const choice: StudyChoice = {
      kind: 'plan',
      plan: { model: plan.source.model!, corpus: plan.corpus, samples: 50_000, maxTokens: 16 },
      folder: '/',
    };
    const { runs } = parts();
    const first = commands.executeCommand('verbatim.runStudy', choice);
    await progressWhere(runs, study, ({ stage, done }) => stage === 'sample' && done > 0);
    const stoppedAt = performance.now();
    await commands.executeCommand('verbatim.pauseStudy');
    await first;
    assert.ok(performance.now() - stoppedAt < AT_ONCE_MS, 'It took too long to stop');
    const stopped = (await studyNode('demo-model')).summary;
    assert.equal(stopped.state, 'cancelled');
    assert.ok(stopped.nSamples > 0 && stopped.nSamples < 50_000, `${stopped.nSamples} samples`);
    assert.equal(stopped.nFragments, null);

    const second = commands.executeCommand('verbatim.resumeStudy', study);
    const resumed = await progressWhere(runs, study, ({ stage }) => stage === 'sample');
    assert.equal(resumed.resumedFrom, stopped.nSamples);
    await commands.executeCommand('verbatim.pauseStudy', study);
    await second;
    assert.deepEqual(
      failures().filter(({ code }) => code !== 'cancelled'),
      [],
    );
  }),
  hostTest('says what is wrong with a folder that holds no model', async () => {
    const failures = collectFailures();
    mkdirSync(join(root(), 'no-model'));
    const { corpus } = await parts().server.request(getDemoPlan, {});
    const choice: StudyChoice = {
      kind: 'plan',
      plan: { model: 'no-model', corpus, samples: 1 },
      folder: root(),
    };
    await commands.executeCommand('verbatim.runStudy', choice);
    const [failure, ...others] = failures();
    assert.deepEqual(others, []);
    assert.equal(failure?.code, 'user');
    assert.ok(failure.message.includes('no-model'), failure.message);
    assert.ok(failure.action, 'It names no way out');
    assert.equal(existsSync(join(root(), '.verbatim', 'no-model.sqlite')), false);
  }),
  hostTest('says so when a file is no study', async () => {
    const failures = collectFailures();
    await commands.executeCommand('verbatim.openStudy', workspace.workspaceFolders![0]!.uri);
    assert.equal(failures().length, 1);
    assert.equal(failures()[0]!.code, 'user');
  }),
];

function root(): string {
  return workspace.workspaceFolders![0]!.uri.fsPath;
}

function collectFailures(): () => readonly Failure[] {
  const seen: Failure[] = [];
  parts().errors.onDidReport((failure) => seen.push(failure));
  return () => seen;
}

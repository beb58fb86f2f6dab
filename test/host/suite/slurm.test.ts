// A study in jobs of Slurm that another shell handed over. They are of one partition that is closed, so they wait until it is opened here.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { inspect } from 'node:util';
import { commands } from 'vscode';
import { rawText } from '../../../guard/text/foreign.ts';
import { getStudy } from '../../../protocol/requests.ts';
import type { Failure } from '../../../src/failure.ts';
import { writeSetting } from '../../../src/settings.ts';
import { parts } from './extension-parts.ts';
import { eventually, hostTest } from './host-test.ts';

const given = process.env.VERBATIM_TEST_SLURM;

export const tests =
  given === undefined
    ? []
    : [
        hostTest(
          'follows jobs of Slurm that another shell handed over, and takes them back when paused',
          () => followJobs(JSON.parse(given)),
        ),
      ];

async function followJobs({
  study,
  name,
  partition,
}: Readonly<Record<'study' | 'name' | 'partition', string>>) {
  const { runs, server, errors } = parts();
  const failures: Failure[] = [];
  const listener = errors.onDidReport((failure) => failures.push(failure));
  const arrays = () => execFileSync('squeue', ['-h', '-n', name, '-o', '%F'], { encoding: 'utf8' });
  const handedOver = arrays();
  assert.notEqual(handedOver, '');

  await commands.executeCommand('verbatim.resumeStudy', study);
  assert.match(failures.at(-1)?.message ?? '', /Slurm has jobs of/, 'nothing is done twice');
  assert.match(failures.at(-1)?.action ?? '', /verbatim\.execution\.executor/);

  await writeSetting('execution.executor', 'slurm');
  await writeSetting('execution.sbatch', `--partition=${partition}`);
  await writeSetting('execution.maxRunning', 1);
  try {
    const following = commands.executeCommand('verbatim.resumeStudy', study);
    const said = () => rawText(runs.get(study)?.progress?.message ?? '');
    await eventually('jobs that wait', () => /pending \(PartitionDown/.test(said()) || undefined);
    assert.equal(arrays(), handedOver, 'they are those of the other shell');
    await commands.executeCommand('verbatim.pauseStudy', study);
    await following;
    await eventually('they are taken back', () => arrays() === '' || undefined);

    execFileSync('scontrol', ['update', `partitionname=${partition}`, 'state=up']);
    await commands.executeCommand('verbatim.resumeStudy', study);
    const { state, failure, nSamples, nShards, nShardsScanned } = await server.request(getStudy, { study });
    assert.equal(state, 'complete', inspect(failure));
    assert.equal(nSamples, 8);
    assert.equal(nShardsScanned, nShards);
  } finally {
    listener.dispose();
    await writeSetting('execution.executor', 'local');
    await writeSetting('execution.sbatch', '');
    await writeSetting('execution.maxRunning', 100);
  }
}

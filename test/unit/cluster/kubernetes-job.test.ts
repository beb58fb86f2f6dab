// The tasks of a study as a Job of Kubernetes, by the schema that Kubernetes publishes (1.37, the definitions that a Job is made of).

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Ajv } from 'ajv';
import { kubernetesName } from '../../../server/cluster/kubernetes-job.ts';
import { openPlan } from '../../../server/study/tasks/open-plan.ts';
import { CLI } from '../../support/cli.ts';
import { scratchFolder } from '../../support/scratch.ts';

const schemaFile = new URL('../../fixtures/cluster/kubernetes-job.schema.json', import.meta.url);
const isJob = new Ajv({ strict: false }).compile(JSON.parse(readFileSync(schemaFile, 'utf8')));

const manifest = (study: string) => {
  const options = ['--kubernetes', '--image', 'verbatim:1', '--claim', 'corpora', '--max-running', '7'];
  const args = [CLI, 'cluster', 'manifest', study, ...options];
  return spawnSync(process.execPath, args, { encoding: 'utf8' });
};

test('a Job is one by the published schema, and has an index for each job of the plan', () => {
  const study = join(scratchFolder(), 'My Study.sqlite');
  const tasks = Array.from({ length: 25 }, (_, i) => [i, i + 1]);
  const { path } = openPlan(study, { kind: 'sample', identity: '', tasksAJob: 2, tasks, input: {} });
  const { stdout, stderr, status } = manifest(study);
  assert.equal(status, 0, stderr);
  // biome-ignore lint/suspicious/noExplicitAny: any JSON, until the schema has said what it is
  const job: any = JSON.parse(stdout);
  const isByTheSchema: boolean = isJob(job);
  assert(isByTheSchema, JSON.stringify(isJob.errors));
  assert.equal(job.metadata.name, 'verbatim-sample-my-study');
  const { completions, parallelism, completionMode, template } = job.spec;
  assert.deepEqual([completions, parallelism, completionMode], [13, 7, 'Indexed']);
  const [container] = template.spec.containers;
  assert.deepEqual(container.command, ['verbatim', 'task', study, '--plan', path, '--first-job', '0']);
  job.spec.completion = 13;
  const isStill: boolean = isJob(job);
  assert(!isStill, 'the schema knows what no Job has');
});

test('a study without tasks is told how to have some', () => {
  const { stderr, status } = manifest(join(scratchFolder(), 's.sqlite'));
  assert.equal(status, 2);
  assert.match(stderr, /has no tasks\n.*--executor array/);
});

test('any name becomes one that Kubernetes takes', () => {
  for (const name of ['a', 'ÄÖ', '--x--', 'A'.repeat(99), `${'a'.repeat(49)}--b`])
    assert.match(kubernetesName(name), /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/);
});

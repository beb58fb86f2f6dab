// Names of repositories and paths may hold secrets: every answer, report and export masks them unless who looks has
// chosen otherwise, and a view finds a group again by its masked name.

import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { getComparison, getComparisons } from '../../../protocol/comparison.ts';
import { type Dashboard, getDashboard, listDashboardFragments } from '../../../protocol/dashboard.ts';
import { findMemorised } from '../../../protocol/find-memorised.ts';
import type { Page } from '../../../protocol/fragments.ts';
import { getDocument, getSample, getStudy, listTrainOccurrences } from '../../../protocol/requests.ts';
import {
  type FragmentGroup,
  type Grouping,
  type ListedFragment,
  listGroups,
  listTrainingRows,
  viewFragments,
} from '../../../protocol/views.ts';
import { studyAnswers } from '../../../server/queries/study-answers.ts';
import { studyMessages } from '../../../server/queries/study-messages.ts';
import { maskNames } from '../../../server/sensitive/mask-names.ts';
import { runStudy } from '../../../server/study/run-study.ts';
import { cli } from '../../support/cli.ts';
import { flatView } from '../../support/flat-view.ts';
import { scanPlan } from '../../support/plans.ts';
import { scratchFolder } from '../../support/scratch.ts';

const { signal } = new AbortController();

/** Put together here, so that no scanner takes this file for a leak. */
const secrets = ['wWPw5k4aXcaT4fNP0UcnZwJUVFk6LO0pINUx', 'aWPw5k4aXcaT4fNP0UcnZwJUVFk6LO0pINUb'].map(
  (token) => `ghp_${token}`,
);
const [first, second] = secrets as [string, string];

const folder = scratchFolder();
const corpus = join(folder, 'corpus');
mkdirSync(corpus);
const lines = (name: string) =>
  Array.from({ length: 8 }, (_, n) => `const ${name}${n} = ask(${n});`).join('\n');
const rows = [
  { repo_name: `${first}/shop`, path: `keys/${first}/a.js`, license: `mit-${second}`, content: lines('a') },
  { repo_name: `${second}/shop`, path: 'icon@2x.png.js', license: 'mit', content: lines('b') },
  {
    repo_name: 'plain/shop',
    path: 'lib/25.4.33.1/c.js',
    license: 'mit',
    content: `${lines('a')}\n${lines('b')}`,
  },
];
writeFileSync(join(corpus, 'shard.jsonl'), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
const text = `${lines('a')}\n\nelse\n\n${lines('b')}`;
writeFileSync(join(folder, 'samples.jsonl'), JSON.stringify(text));
const study = join(folder, 'names.sqlite');
await runStudy({
  file: study,
  plan: scanPlan(join(folder, 'samples.jsonl'), [corpus]),
  execution: { provider: 'cpu', batch: 'auto', workers: 1 },
  upTo: 'analyse',
  signal,
  report: () => {},
});

const ask = async <R>(message: { readonly method: string }, params: object, disclosure: 'masked' | 'shown') =>
  (await studyAnswers.get(message.method)!({ study, ...params }, { disclosure, signal })) as R;

const page = { offset: 0, limit: 50 };
const view = { ...flatView, ...page, order: 'train' } as const;
const [fragment] = (await ask<Page<ListedFragment>>(viewFragments, view, 'masked')).items;
const { fingerprint } = fragment!;

const holdsSecret = (value: unknown) => {
  const all = typeof value === 'string' ? value : JSON.stringify(value);
  return secrets.some((secret) => all.includes(secret));
};

test('no answer names a secret, and each does for who has chosen to see them', async () => {
  const questions: readonly (readonly [{ readonly method: string }, object])[] = [
    [getComparison, { fingerprint }],
    [getComparisons, { fingerprint, limit: 10 }],
    [listTrainOccurrences, { fingerprint, ...page }],
    [listTrainingRows, { fingerprint }],
    [getSample, { sampleId: 0 }],
    [getDocument, { documentId: 0 }],
    [findMemorised, { studies: [study], text }],
    [listGroups, { ...view, grouping: 'repository' }],
    [listGroups, { ...view, grouping: 'licence' }],
    [getDashboard, {}],
  ];
  for (const [message, params] of questions) {
    const masked = await ask(message, params, 'masked');
    assert.ok(!holdsSecret(masked), `${message.method} ${JSON.stringify(masked)}`);
    assert.ok(holdsSecret(await ask(message, params, 'shown')), message.method);
    const declared = studyMessages.find((each) => each.message.method === message.method);
    assert.notEqual(declared?.disclosure, 'no texts', message.method);
  }
  assert.ok(!holdsSecret(await ask(getStudy, {}, 'masked')));
});

test('a group is found again by its masked name, also where two look alike', async () => {
  const nOf = async (grouping: Grouping, disclosure: 'masked' | 'shown') => {
    const groups = await ask<Page<FragmentGroup>>(listGroups, { ...view, grouping }, disclosure);
    assert.equal(new Set(groups.items.map(({ name }) => name)).size, groups.items.length);
    const counts: number[] = [];
    for (const { name, nFragments } of groups.items) {
      const listed = await ask<Page<ListedFragment>>(
        viewFragments,
        { ...view, grouping, group: name },
        disclosure,
      );
      assert.equal(listed.total, nFragments, inspect(name));
      counts.push(nFragments);
    }
    return counts.sort();
  };
  for (const grouping of ['repository', 'licence'] as const) {
    assert.deepEqual(await nOf(grouping, 'masked'), await nOf(grouping, 'shown'));
  }
  const { overview } = await ask<Dashboard>(getDashboard, {}, 'masked');
  for (const { repository, nFragments } of overview!.sources.items) {
    const selection = { kind: 'repository', repository };
    const listed = await ask<Page<unknown>>(listDashboardFragments, { ...view, selection }, 'masked');
    assert.ok(listed.total >= 1 && nFragments >= 1, inspect(repository));
  }
});

test('no report, list of rows or export names a secret, unless asked for', async () => {
  const formats = ['table', 'json', 'csv', 'sarif', 'md', 'html'];
  for (const format of formats) {
    const { stdout } = await cli('report', study, '--format', format);
    assert.ok(!holdsSecret(stdout), format);
  }
  assert.ok(holdsSecret((await cli('report', study, '--format', 'csv', '--show-sensitive')).stdout));
  assert.ok(!holdsSecret((await cli('rows', study)).stdout));
  assert.ok(holdsSecret((await cli('rows', study, '--show-sensitive')).stdout));
  const to = join(folder, 'published');
  await cli('export', study, '--to', to);
  for (const entry of readdirSync(to, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    assert.ok(!holdsSecret(readFileSync(join(entry.parentPath, entry.name), 'latin1')), entry.name);
  }
});

test('no problem and no list of files names one, unless asked for', async () => {
  const troubled = join(folder, 'troubled');
  mkdirSync(join(troubled, first), { recursive: true });
  writeFileSync(join(troubled, first, 'broken.jsonl.gz'), 'no gzip');
  writeFileSync(join(troubled, 'shard.jsonl'), `${JSON.stringify({ content: 'a' })}\n`);
  const file = join(folder, 'troubled.sqlite');
  await cli('scan', '--samples', join(folder, 'samples.jsonl'), '--corpus', troubled, '--out', file);
  for (const options of [[], ['--files'], ['--files', '--format', 'json'], ['--files', '--format', 'csv']]) {
    const { stdout } = await cli('report', file, ...options);
    assert.match(stdout, /broken\.jsonl\.gz/);
    assert.ok(!holdsSecret(stdout), options.join(' '));
    assert.ok(
      holdsSecret((await cli('report', file, ...options, '--show-sensitive')).stdout),
      options.join(' '),
    );
  }
});

test('versions and files with an at sign keep their names', async () => {
  const ordinary = [
    'lib/25.4.33.1/c.js',
    'icon@2x.png',
    'pkg@1.2.3/index.js',
    'node_modules/@types/node',
    'a@b.css',
  ];
  assert.equal((await maskNames(ordinary)).size, 0);
  const shown = await maskNames(['people/jane.doe@mail.some-company.com/x.js']);
  assert.deepEqual([...shown.values()], ['people/[email: 30 characters]/x.js']);
});

// No study and no training data stays open: in a server after any row of requests, in a command when it is done.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync, readlinkSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { getComparison, getComparisons } from '../../protocol/comparison.ts';
import { getDashboard, listDashboardFragments, measureDashboard } from '../../protocol/dashboard.ts';
import { findMemorised } from '../../protocol/find-memorised.ts';
import type { Message } from '../../protocol/message.ts';
import * as requests from '../../protocol/requests.ts';
import * as views from '../../protocol/views.ts';
import { cli } from '../support/cli.ts';
import { flatView } from '../support/flat-view.ts';
import { scratchFolder } from '../support/scratch.ts';
import { startServer } from '../support/server-client.ts';
import { makeSmallStudy } from '../support/small-study.ts';

const skip = process.platform === 'linux' ? false : 'open files are found in /proc';

/** What a process and its children have open below a folder. */
function openBelow(folder: string, pid: number): readonly string[] {
  const open = descriptorsOf(pid).flatMap((fd) => {
    try {
      const target = readlinkSync(`/proc/${pid}/fd/${fd}`);
      return target.startsWith(folder) ? [target.slice(folder.length + 1)] : [];
    } catch {
      return []; // It was closed in the meantime.
    }
  });
  return [...open, ...childrenOf(pid).flatMap((child) => openBelow(folder, child))];
}

function childrenOf(pid: number): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((other) => {
      try {
        return new RegExp(`^PPid:\\s+${pid}$`, 'm').test(readFileSync(`/proc/${other}/status`, 'utf8'));
      } catch {
        return false; // It ended in the meantime.
      }
    });
}

function descriptorsOf(pid: number): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`);
  } catch {
    return []; // It ended in the meantime.
  }
}

test('a server has nothing open between requests, whether they were answered or failed', {
  skip,
}, async () => {
  const folder = scratchFolder();
  const { file: study, corpus } = await makeSmallStudy(folder);
  const noStudy = join(folder, 'none.sqlite');
  writeFileSync(
    noStudy,
    'this is no study, but a text that is long enough to be looked at as a database'.repeat(9),
  );
  const client = await startServer();
  const send = async <P, R>(message: Message<P, R>, params: P) => {
    await client.send(message, params).catch((error: { data?: { code?: string } }) => {
      assert.equal(error.data?.code, 'user', `${message.method}: ${error}`);
    });
    assert.deepEqual(openBelow(folder, client.child.pid!), [], message.method);
  };
  const { items } = await client.send(views.viewFragments, {
    ...flatView,
    study,
    offset: 0,
    limit: 9,
    order: 'train',
  });
  const page = { offset: 0, limit: 10 };
  const view = { ...page, filter: {}, baseline: null };
  const askAll = async (study: string) => {
    await send(requests.getStudy, { study });
    for (const { fingerprint } of items) {
      await send(requests.getFragment, { study, fingerprint });
      await send(requests.listTrainOccurrences, { study, fingerprint, ...page });
      await send(requests.listSampleOccurrences, { study, fingerprint, ...page });
      await send(getComparison, { study, fingerprint });
      await send(getComparisons, { study, fingerprint, limit: 50 });
      await send(views.listTrainingRows, { study, fingerprint });
      await send(views.labelFragment, { study, fingerprint, annotator: 'a', label: 'logic' });
    }
    await send(requests.getSample, { study, sampleId: 0 });
    await send(requests.getDocument, { study, documentId: 0 });
    await send(getDashboard, { study });
    await send(measureDashboard, { study });
    await send(listDashboardFragments, { study, ...page, order: 'train', selection: { kind: 'all' } });
    await send(views.listGroups, { study, ...view, grouping: 'category' });
    await send(views.viewFragments, { ...flatView, study, ...page, order: 'train' });
    await send(views.describeStudy, { study });
    await send(findMemorised, { studies: [study], text: 'nothing of this\n'.repeat(9) });
  };
  await askAll(study);
  renameSync(corpus, `${corpus}-moved`);
  await askAll(study);
  for (const other of [noStudy, join(folder, 'missing.sqlite')]) await askAll(other);
  await send(requests.listStudies, { folder });
});

test('a command has closed its studies when it is done', { skip }, async () => {
  const folder = scratchFolder();
  const { file: study, corpus } = await makeSmallStudy(folder);
  const other = (await makeSmallStudy(folder, 'other')).file;
  const report = join(scratchFolder(), 'open.mjs');
  writeFileSync(
    report,
    `import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
    import { isMainThread } from 'node:worker_threads';
    if (isMainThread) process.on('exit', () => {
      for (const fd of readdirSync('/proc/self/fd')) {
        try {
          const target = readlinkSync('/proc/self/fd/' + fd);
          if (target.startsWith(${JSON.stringify(folder)})) console.error('STILL OPEN ' + target);
        } catch {}
      }
    });`,
  );
  const samples = join(folder, 'samples.jsonl');
  const out = (name: string) => join(folder, name);
  for (const [expected, ...args] of [
    [0, 'report', study],
    [0, 'report', study, '--format', 'json'],
    [0, 'compare', study, other],
    [2, 'compare', study, out('samples.jsonl')],
    [0, 'rows', study],
    [0, 'predict', study],
    [0, 'export', study, '--to', out('published')],
    [0, 'import', out('published'), '--out', out('imported.sqlite')],
    [2, 'import', out('published'), '--out', out('imported.sqlite')],
    [0, 'scan', '--samples', samples, '--corpus', corpus, '--out', out('again.sqlite')],
  ] as const) {
    process.env.NODE_OPTIONS = `--import=${pathToFileURL(report)}`;
    const { exitCode, stderr } = await cli(...args).finally(() => delete process.env.NODE_OPTIONS);
    assert.ok(exitCode === expected, `${args.join(' ')}: ${stderr}`);
    assert.doesNotMatch(stderr, /STILL OPEN/, args.join(' '));
  }
});

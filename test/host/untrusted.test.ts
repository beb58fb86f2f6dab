// A workspace of a stranger in a window that is not trusted: whatever is called with what it holds, nothing of it is
// opened, by the access times of its files.

import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { disclose } from '../../server/answers/undisclosed.ts';
import { viewFragments } from '../../server/queries/view-queries.ts';
import { layOutEarlierStudies, unpackEarlierStudy } from '../support/earlier-study.ts';
import { flatView } from '../support/flat-view.ts';
import { makeSmallStudy } from '../support/small-study.ts';
import { reportSuite } from './report-suite.ts';

const skip = process.platform === 'linux' ? false : 'only our own host opens a window restricted';
const folder = mkdtempSync(join(tmpdir(), 'verbatim-untrusted-'));
after(() => rmSync(folder, { recursive: true, force: true }));

test('nothing of a workspace is opened before it is trusted', { skip }, async (t) => {
  const workspace = join(folder, 'workspace');
  const outside = join(folder, 'outside');
  for (const made of [join(workspace, '.verbatim'), join(outside, 'closed')])
    mkdirSync(made, { recursive: true });
  // The study of elsewhere names training data in the workspace.
  const small = await makeSmallStudy(workspace);
  cpSync(small.file, join(outside, 'own.sqlite'));
  cpSync(small.file, join(workspace, '.verbatim', 'theirs.sqlite'));
  rmSync(small.file);
  // One that would be brought up to date by being opened.
  const earlier = join(folder, 'earlier');
  mkdirSync(earlier);
  layOutEarlierStudies(earlier);
  cpSync(unpackEarlierStudy(earlier, 'finished'), join(workspace, '.verbatim', 'earlier.sqlite'));
  cpSync(join(earlier, 'model'), join(workspace, 'model'), { recursive: true });
  const prompts = `${JSON.stringify('function a() {')}\n`;
  writeFileSync(join(workspace, 'prompts.jsonl'), prompts);
  writeFileSync(join(outside, 'closed', 'prompts.jsonl'), prompts);
  writeFileSync(join(workspace, 'pasted.js'), 'const x = 1;\n');
  writeFileSync(join(workspace, '.verbatim-baseline.json'), '{"version": 1, "accepted": []}');
  const plan = {
    model: 'model',
    corpus: 'corpus',
    strategy: 'pcg',
    prompts: join(outside, 'closed', 'prompts.jsonl'),
  };
  writeFileSync(join(workspace, 'plan.verbatim.json'), JSON.stringify(plan));
  symlinkSync(join(workspace, '.verbatim', 'theirs.sqlite'), join(outside, 'link.sqlite'));
  symlinkSync(join(workspace, '.verbatim'), join(outside, 'folder'));
  const study = join(outside, 'own.sqlite');
  const rows = viewFragments({ ...flatView, study, order: 'train', offset: 0, limit: 1 });
  const page = await disclose(rows, 'masked');
  await reportSuite(t, {
    entry: join('untrusted', 'index.ts'),
    workspace,
    isRestricted: true,
    env: {
      VERBATIM_UNTRUSTED_OUTSIDE: outside,
      VERBATIM_UNTRUSTED_FINGERPRINT: page.items[0]!.fingerprint,
    },
  });
});

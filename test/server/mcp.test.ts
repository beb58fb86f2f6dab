// What agents may ask, by the official client over standard input and output.

import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { after, test } from 'node:test';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { readFingerprints } from '../../server/store/stored-fragments.ts';
import { openForReading } from '../../server/store/study-file.ts';
import { CLI } from '../support/cli.ts';
import { build, writeShard } from '../support/indexed-corpus.ts';
import { scratchFolder } from '../support/scratch.ts';
import { leakedToken, makeSmallStudy } from '../support/small-study.ts';

const folder = scratchFolder();
const lines = Array.from({ length: 12 }, (_, i) => `  known(${i * 91});\n`).join('');

function firstFingerprint(file: string): string {
  using db = openForReading(file);
  const [first] = readFingerprints(db);
  return first!;
}

async function connect(...args: string[]): Promise<Client> {
  const client = new Client({ name: 'test', version: '1' });
  await client.connect(
    new StdioClientTransport({ command: process.execPath, args: [CLI, 'mcp', ...args], stderr: 'inherit' }),
  );
  after(() => client.close());
  return client;
}

test('code is checked, studies are told, and nothing else can be reached', async () => {
  const shard = writeShard(join(folder, 'corpus'), '0.jsonl', [
    { repository: `o/r ${leakedToken}`, path: 'a.c', license: 'GPL-3.0-only', text: `x\n${lines}y\n` },
  ]);
  const index = join(folder, 'index');
  await build(index, [shard], { minLines: 6, profile: 'exact-1' });
  const { file } = await makeSmallStudy(join(folder, 'made'));
  const fingerprint = firstFingerprint(file);
  const studies = join(folder, 'studies');
  mkdirSync(studies);
  copyFileSync(file, join(studies, 's.sqlite'));
  const client = await connect('--index', index, '--studies', studies);
  const { tools } = await client.listTools();
  assert.deepEqual(
    tools.map(({ name }) => name),
    ['check_code', 'explain_fragment', 'list_studies', 'study_summary'],
  );
  const call = async (name: string, args: Record<string, unknown> = {}) => {
    const { content, isError } = await client.callTool({ name, arguments: args });
    const [{ text }] = content as [{ readonly text: string }];
    assert.ok(text.length < 70_000);
    assert.ok(!text.includes(leakedToken));
    return isError ? text : JSON.parse(text);
  };
  const checked = await call('check_code', { code: `// mine\n${lines}` });
  assert.equal(checked.isVerified, true);
  assert.deepEqual([checked.matches[0].firstLine, checked.matches[0].lastLine], [2, 13]);
  assert.equal(checked.matches[0].licenses[0].license, 'GPL-3.0-only');
  assert.match(checked.matches[0].sources[0].repository, /^o\/r /);
  assert.match((await call('check_code', { code: 'short\n' })).notes[0], /fewer than 6 significant lines/);
  assert.deepEqual((await call('check_code', { code: 'nothing\n'.repeat(50_000) })).matches, []);
  assert.match(await call('check_code', {}), /"code" is needed/);
  assert.match(await call('check_code', { code: 'x'.repeat((4 << 20) + 1) }), /are taken/);

  const [listed] = await call('list_studies');
  assert.equal(listed.study, 's.sqlite');
  assert.equal((await call('study_summary', { study: 's.sqlite' })).nFragments, listed.nFragments);
  const explained = await call('explain_fragment', { study: 's.sqlite', fingerprint });
  assert.ok(explained.text.length > 0 && explained.trainingPlaces.length > 0);
  for (const study of [
    '../made.sqlite',
    file,
    basename(folder),
    '/etc/passwd',
    's.sqlite/../../made.sqlite',
  ]) {
    assert.match(await call('study_summary', { study }), /names no study/);
  }
  assert.match(await call('nothing'), /There is no tool of this name/);
  assert.match(
    await call('explain_fragment', { study: 's.sqlite', fingerprint: '0'.repeat(32) }),
    /no fragment/,
  );
  await client.close();

  const without = await connect('--studies', studies);
  const { content, isError } = await without.callTool({ name: 'check_code', arguments: { code: lines } });
  assert.equal(isError, true);
  assert.match(JSON.stringify(content), /started without an index/);
});

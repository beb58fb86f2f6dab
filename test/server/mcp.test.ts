// What agents may ask, by the official client over standard input and output.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, test } from 'node:test';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { WaitingTexts } from '../../server/mcp/waiting-texts.ts';
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
  assert.match(await call('check_code', { code: 'x', x: [1] }), /none of this tool's.*: code/);
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

/** Answers by identifier, of a server that is written to as it comes. */
function startRaw(...args: string[]) {
  const child = spawn(process.execPath, [CLI, 'mcp', ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  after(() => child.kill('SIGKILL'));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    child,
    send: (message: unknown) =>
      void child.stdin.write(typeof message === 'string' ? message : `${JSON.stringify(message)}\n`),
    async next() {
      const { value } = await lines.next();
      const message = JSON.parse(value!) as {
        readonly id: number | null;
        readonly error?: { readonly code: number; readonly message: string };
        readonly result?: { readonly isError?: boolean; readonly content: [{ readonly text: string }] };
      };
      return message;
    },
  };
}

const initialize = {
  ...{ jsonrpc: '2.0', id: 0, method: 'initialize' },
  params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'test', version: '1' } },
};
const checkCode = (id: number, code: string) => ({
  ...{ jsonrpc: '2.0', id, method: 'tools/call' },
  params: { name: 'check_code', arguments: { code } },
});

test('messages of any length and number end no server', async () => {
  const index = join(folder, 'index');
  const { child, send, next } = startRaw('--index', index);
  send(initialize);
  assert.equal((await next()).id, 0);
  for (const nonsense of ['no JSON\n', '[]\n', 'null\n', '\n\n', '{"jsonrpc":"2.0","id":1}\n'])
    send(nonsense);
  // The longest text that is taken, as bytes that JSON must escape.
  send(checkCode(2, '\u0001'.repeat(4 << 20)));
  assert.match((await next()).result!.content[0].text, /"matches":\[\]/);
  send(checkCode(3, 'x'.repeat(33 << 20)));
  const tooLong = await next();
  assert.equal(tooLong.id, null);
  assert.match(tooLong.error!.message, /more than 33554432 bytes/);
  for (let id = 10; id < 30; id++) send(checkCode(id, `${id}${'\n'.repeat((4 << 20) - 2)}`));
  const answered = new Set<number | null>();
  while (answered.size < 20) answered.add((await next()).id);
  send(checkCode(60, `// mine\n${lines}`));
  assert.match((await next()).result!.content[0].text, /"lastLine":13/);
  child.stdin.end();
  const [exitCode] = (await once(child, 'close')) as [number];
  assert.equal(exitCode, 0);
});

test('texts that wait are bounded together, and one alone is taken whatever its length', () => {
  const waiting = new WaitingTexts(100);
  const long = waiting.take(1000);
  assert.ok(long);
  assert.equal(waiting.take(1), undefined);
  long[Symbol.dispose]();
  const taken = [waiting.take(60), waiting.take(40)];
  assert.ok(taken.every((one) => one !== undefined));
  assert.equal(waiting.take(1), undefined);
  taken[0]?.[Symbol.dispose]();
  assert.ok(waiting.take(60));
});

test('an answer of many places and long names holds as many as fit', async () => {
  const blocks = Array.from({ length: 60 }, (_, block) =>
    Array.from({ length: 7 }, (_, i) => `  block${block}(${i});\n`).join(''),
  );
  const names = Array.from({ length: 6 }, (_, i) => `${i}${'\u202elong '.repeat(1000)}`);
  const documents = names.flatMap((name) =>
    blocks.map((text) => ({ repository: name, path: name, license: name, text })),
  );
  const index = join(folder, 'wide-index');
  await build(index, [writeShard(join(folder, 'wide', leakedToken), '0.jsonl', documents)], {
    minLines: 6,
    profile: 'exact-1',
  });
  const client = await connect('--index', index, '--studies', folder);
  const ask = async () => {
    const called = { name: 'check_code', arguments: { code: blocks.join('mine();\n') } };
    const { content, isError } = await client.callTool(called);
    const [{ text }] = content as [{ readonly text: string }];
    assert.ok(!isError && text.length < 65_536, text.slice(0, 300));
    assert.ok(!text.includes(leakedToken));
    return JSON.parse(text);
  };
  const { matches, nMatchesLeftOut } = await ask();
  assert.ok(matches.length > 1);
  assert.equal(matches.length + nMatchesLeftOut, 60);
  // A note names the shard, and what is a secret in that name is masked.
  rmSync(join(folder, 'wide'), { recursive: true });
  assert.match((await ask()).notes[0], /secret.* is gone/);
});

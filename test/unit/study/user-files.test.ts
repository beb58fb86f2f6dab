// Samples and prompts of others: the same from their thread as without one, and nothing in them that does not end.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { Cancelled, UserError } from '../../../server/errors.ts';
import { readShellPipe } from '../../../server/formats/named-file.ts';
import { readSamples } from '../../../server/formats/read-samples.ts';
import { packSamples, unpackSamples } from '../../../server/study/sample-batches.ts';
import { readPrompts, readSampleFiles } from '../../../server/study/user-files.ts';
import { scratchFolder } from '../../support/scratch.ts';

const folder = scratchFolder();
const write = (name: string, bytes: string | Uint8Array) => {
  writeFileSync(join(folder, name), bytes);
  return join(folder, name);
};
const plain = (samples: ReturnType<typeof readSamples>) =>
  samples.map(({ sampleId, content }) => [
    sampleId,
    'text' in content ? Buffer.from(content.text).toString('latin1') : content.tokens,
  ]);
const refused = (says: RegExp) => (error: unknown) =>
  error instanceof UserError && says.test(error.message) && error.action !== undefined;
const posix = process.platform === 'win32' && 'Windows has neither';

test('samples come out of their thread as they are, in every form and in any batches', async () => {
  const lines = Array.from({ length: 700 }, (_, i) =>
    i % 7 === 0 ? `{"tokens":[${i},1]}` : i % 5 === 0 ? '' : JSON.stringify(`ü${'x\n'.repeat(i)}\ud800`),
  );
  // The second is so small that it is read without a thread; the first ends with a blank line of nine megabytes.
  const long = `${lines.join('\n')}\n${' '.repeat(9 << 20)}`;
  const files = [write('samples.jsonl', long), write('few.jsonl', lines.slice(0, 60).join('\n'))];
  mkdirSync(join(folder, 'numbered'));
  for (const [i, text] of ['', 'a\xff', 'b\r\n'].entries())
    write(`numbered/${i}.py`, Buffer.from(text, 'latin1'));
  files.push(join(folder, 'numbered'));
  for (const file of files) {
    const expected = readSamples(file);
    assert.deepEqual(plain(await readSampleFiles(file)), plain(expected));
    for (const nBytes of [1, 1000, 1e9])
      assert.deepEqual(
        plain([...packSamples(expected, nBytes)].flatMap((batch) => unpackSamples(batch))),
        plain(expected),
      );
  }
});

test('a device is refused at once', { skip: posix }, async () => {
  await assert.rejects(readSampleFiles('/dev/zero'), refused(/^\/dev\/zero is a device/));
  await assert.rejects(readPrompts('/dev/zero'), refused(/^\/dev\/zero is a device/));
});

/** A pipe as a shell hands it over: its writing end is held, so that it never ends by itself. */
function shellPipe(name: string): string {
  const path = join(folder, name);
  execFileSync('mkfifo', [path]);
  return `/proc/self/fd/${openSync(path, 'r+')}`;
}
const linux = process.platform !== 'linux' && 'pipes are opened by /proc';

test('a program’s output is read until it is too much', { skip: linux }, async () => {
  const pipe = shellPipe('endless');
  const endless = spawn('sh', ['-c', `exec yes > ${join(folder, 'endless')}`]);
  try {
    await assert.rejects(readShellPipe(pipe, 1 << 20), refused(/gives more than 1048576 bytes$/));
  } finally {
    endless.kill();
  }
});

test('waiting for a program that says nothing can be stopped', { skip: linux }, async () => {
  const pipe = shellPipe('silent');
  const stop = new AbortController();
  const reading = readSampleFiles(pipe, stop.signal);
  setTimeout(() => stop.abort(), 1000);
  await assert.rejects(reading, (error: unknown) => error instanceof Cancelled);
});

test('values a million levels deep are no samples and no prompts', async () => {
  const deep = `${'['.repeat(1e6)}${']'.repeat(1e6)}`;
  await assert.rejects(readSampleFiles(write('deep.jsonl', deep)), refused(/deep\.jsonl:1 is no/));
  for (const name of ['deep-prompts.jsonl', 'deep-prompts.json'])
    await assert.rejects(readPrompts(write(name, deep)), refused(/deep-prompts\.jsonl?(:1|: 0)? is no/));
  const inside = `{"prompt":${deep},"text":"x"}`;
  assert.deepEqual(await readPrompts(write('inside.jsonl', inside)), ['x']);
});

test('three gigabytes out of three megabytes are neither samples nor prompts', async () => {
  const bomb = Buffer.concat(Array(3000).fill(gzipSync(Buffer.alloc(1 << 20, 'a'), { level: 9 })));
  const file = write('bomb.jsonl.gz', bomb);
  await assert.rejects(readSampleFiles(file), refused(/bomb\.jsonl\.gz/));
  await assert.rejects(readPrompts(file), /bomb\.jsonl\.gz holds no prompts$/);
});

test('packed lines of prompts are prompts, and packed rows of code are sources of them', async () => {
  const pack = (name: string, ...rows: readonly object[]) =>
    write(name, gzipSync(rows.map((row) => `${JSON.stringify(row)}\n`).join('')));
  const rows = [{ task_id: 'T/0', prompt: 'def f(' }, { prompt: 'é' }];
  assert.deepEqual(await readPrompts(pack('prompt.jsonl.gz', ...rows)), ['def f(', 'é']);
  const gaps = [{ prefix: 'a', suffix: 'b' }];
  assert.deepEqual(await readPrompts(pack('gaps.jsonl.gz', ...gaps)), gaps);
  const source = { content: 'import os\ndef f(a):\n    return a\n', path: 'x.py' };
  assert.deepEqual(await readPrompts(pack('code.json.gz', source)), ['import os\ndef f(a):\n']);
  await assert.rejects(readPrompts(pack('list.jsonl.gz', { prompt: [1, 2] })), refused(/is no prompt/));
});

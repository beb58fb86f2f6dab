// What the command writes for people acts on no terminal, and what it writes for programs arrives as it was.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { foreign } from '../../../guard/text/foreign.ts';
import { tell } from '../../../server/cli/tell.ts';
import { describeProgress } from '../../../server/cli/terminal-progress.ts';
import { tellLines, writeLines } from '../../../server/cli/write-lines.ts';

const hostile = 'name\u001b]0;t\u0007\u009b2J\r\nnext';
const shown = 'name\\x1b]0;t\\x07\\x9b2J\\r\\nnext';

async function written(stream: NodeJS.WriteStream, write: () => unknown): Promise<string> {
  let text = '';
  const { write: original } = stream;
  stream.write = ((chunk: string) => {
    text += chunk;
    return true;
  }) as typeof stream.write;
  try {
    await write();
  } finally {
    stream.write = original;
  }
  return text;
}

test('notes and errors', async () => {
  assert.equal(await written(process.stderr, () => tell(hostile, 'two')), `${shown}\ntwo\n`);
});

test('tables, wherever they go', async () => {
  assert.equal(await written(process.stdout, () => tellLines([hostile])), `${shown}\n`);
});

test('other forms: as they are in a pipe, encoded on a terminal', async (t) => {
  assert.equal(await written(process.stdout, () => writeLines([hostile])), `${hostile}\n`);
  const { isTTY } = process.stdout;
  t.after(() => {
    process.stdout.isTTY = isTTY;
  });
  process.stdout.isTTY = true;
  assert.equal(await written(process.stdout, () => writeLines([hostile])), `${shown.replace('\\n', '\n')}\n`);
});

test('the words of a progress', () => {
  const progress = {
    stage: 'scan',
    unit: 'bytes',
    done: 1,
    total: 2,
    resumedFrom: 0,
    elapsedMs: 10,
  } as const;
  assert.match(describeProgress({ ...progress, message: foreign(hostile) }), /name\\x1b\]0;t\\x07/);
});

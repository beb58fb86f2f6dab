// Documents that a stranger's study names: none is shown but one that holds what the study found in it, inside of its
// shard's folder, and nothing without an end is read.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { rawText } from '../../../guard/text/foreign.ts';
import type { DocumentText } from '../../../protocol/fragments.ts';
import { openForReading } from '../../../server/store/study-file.ts';
import { openDocument } from '../../../server/study/open-document.ts';
import { scratchFolder } from '../../support/scratch.ts';
import { makeSmallStudy } from '../../support/small-study.ts';
import { WAIT_LIMIT_MS } from '../../support/wait-limit.ts';

const small = await makeSmallStudy(scratchFolder());
const secret = join(scratchFolder(), 'secret.txt');
writeFileSync(secret, 'the secret\nof somebody\n'.repeat(20));

interface ForgedShard {
  readonly path: string;
  readonly format: string;
  readonly hub?: object;
  readonly document?: string;
}

/** The first document of a healthy study whose shard was made another, as if it had that file's size and time. */
async function open({ path, format, hub, document }: ForgedShard): Promise<DocumentText> {
  const file = join(scratchFolder(), 's.sqlite');
  copyFileSync(small.file, file);
  const db = new DatabaseSync(file);
  const place = format === 'folder' ? join(path, document ?? '') : path;
  const stats = place.includes('\0') ? undefined : statSync(place, { throwIfNoEntry: false });
  db.prepare('UPDATE shards SET path = ?, format = ?, disk_bytes = ?, modified_ms = ?, hub = ?').run(
    path,
    format,
    format === 'folder' ? 0 : (stats?.size ?? 0),
    format === 'folder' ? 1e15 : (stats?.mtimeMs ?? 0),
    hub ? JSON.stringify(hub) : null,
  );
  if (document !== undefined) db.prepare('UPDATE documents SET path = ?').run(document);
  const id = Number(db.prepare('SELECT min(document_id) AS id FROM documents').get()?.id);
  db.close();
  using reading = openForReading(file);
  return await openDocument(reading, id, AbortSignal.timeout(WAIT_LIMIT_MS));
}

const hub = { repository: 'a/b', kind: 'dataset', commit: 'a'.repeat(40), path: 'secret.txt', hash: '' };
const folder = scratchFolder();
const pipe = join(folder, 'pipe');
execFileSync('mkfifo', [pipe]);
mkdirSync(join(folder, 'inner'));
symlinkSync(secret, join(folder, 'inner', 'link.txt'));
symlinkSync(pipe, join(folder, 'inner', 'pipe.txt'));
const folders = { path: join(folder, 'inner'), format: 'folder' };

const forged: readonly (readonly [what: string, shard: ForgedShard, says: RegExp])[] = [
  ['a file of somebody', { path: secret, format: 'text' }, /holds something else than the study found/],
  ['rows of it', { path: secret, format: 'jsonl' }, /no longer holds|something else/],
  ['a file said to come from the Hub', { path: secret, format: 'text', hub }, /outside of the Hub/],
  ['a device without an end', { path: '/dev/zero', format: 'jsonl' }, /is a device/],
  ['a device as a text', { path: '/dev/zero', format: 'text' }, /is a device/],
  ['a pipe', { path: pipe, format: 'jsonl' }, /is a named pipe/],
  ['a pipe as Parquet', { path: pipe, format: 'parquet' }, /is a named pipe/],
  ['a folder', { path: folder, format: 'jsonl' }, /is a folder/],
  ['a link out of its folder', { ...folders, document: 'link.txt' }, /lies outside of/],
  ['a pipe in its folder', { ...folders, document: 'pipe.txt' }, /is a named pipe/],
  ['a path with a NUL', { path: `${folder}\0`, format: 'jsonl' }, /holds a NUL/],
  ['a name with a NUL', { ...folders, document: 'a\0b' }, /holds a NUL/],
  ['a way up', { ...folders, document: '../../../../../../../../../../etc/passwd' }, /lies outside of/],
  [
    'a file in a folder that holds everything',
    { path: '/', format: 'folder', document: secret.slice(1) },
    /something else/,
  ],
];
for (const [what, shard, says] of forged) {
  test(`${what} is not shown`, async () => {
    const { text, problem } = await open(shard);
    assert.match(rawText(problem ?? ''), says);
    assert.ok(!text.includes('secret') && !text.includes('root:'), text);
    assert.ok(text.includes('item.price'), 'what the study kept is shown instead');
  });
}

test('the document itself is shown, and not once something else stands in its place', async () => {
  const shard = join(scratchFolder(), 'shard.jsonl');
  copyFileSync(join(small.corpus, 'shard-0.jsonl'), shard);
  const { text, problem } = await open({ path: shard, format: 'jsonl' });
  assert.equal(problem, null);
  assert.ok(text.includes('import os'));
  const bytes = readFileSync(shard);
  bytes.write('Q', bytes.indexOf('item.price'));
  writeFileSync(shard, bytes);
  utimesSync(shard, 1, 1);
  assert.match(rawText((await open({ path: shard, format: 'jsonl' })).problem ?? ''), /something else/);
});

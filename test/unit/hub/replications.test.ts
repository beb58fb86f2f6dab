// The plans of docs/replications.md: each is one that the parser takes, and that of the Java files runs as it stands
// against a copy of the Hub's protocol that holds small models under the published names.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { after, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { Ajv } from 'ajv';
import { readExpected } from '../../../server/cli/expected-figures.ts';
import { parseCondition } from '../../../server/cli/fail-on-condition.ts';
import { readSweep } from '../../../server/plan/plan-file.ts';
import { openCheckpoint } from '../../../server/sampling/model/checkpoint.ts';
import { createEncoder } from '../../../server/sampling/tokenizer/encode-text.ts';
import { decodeTokens } from '../../../server/sampling/tokenizer/token-bytes.ts';
import { cli } from '../../support/cli.ts';
import { DEMO_CORPUS, DEMO_MODEL } from '../../support/demo.ts';
import { startHubServer } from '../../support/hub-server.ts';
import { collectSamples } from '../../support/sampling/collect-samples.ts';
import { writeRandomCheckpoint } from '../../support/sampling/random-checkpoint.ts';
import { scratchFolder } from '../../support/scratch.ts';
import { writeParquet } from '../../support/write-parquet.ts';

const PLANS = join(import.meta.dirname, '..', '..', '..', 'docs', 'examples', 'replications');
const ROOT = join(PLANS, '..', '..', '..');
const at = (name: string) => join(PLANS, name);
const plansHere = readdirSync(PLANS)
  .filter((file) => file.endsWith('.verbatim.json'))
  .toSorted();

test('every plan is one, and every expected figure is of a study that its plan makes', async () => {
  for (const name of plansHere) {
    const points = await readSweep(at(name), () => Promise.resolve([]));
    const expected = name.replace('.verbatim.json', '.expected.json');
    if (!readdirSync(PLANS).includes(expected)) continue;
    const made = new Set(points.map((point) => point.name));
    for (const { study } of readExpected(at(expected))) assert(made.has(study), `${name} makes no ${study}`);
  }
});

test('every plan is what the schema of plans takes', async () => {
  const schema = JSON.parse(readFileSync(join(PLANS, '../../../media/plan.schema.json'), 'utf8'));
  const isValid = new Ajv({ strict: false }).compile(schema);
  for (const name of plansHere) {
    assert(isValid(JSON.parse(readFileSync(at(name), 'utf8'))), `${name}: ${JSON.stringify(isValid.errors)}`);
  }
});

const page = readFileSync(join(PLANS, '../../replications.md'), 'utf8');

test('every command of the page runs a plan that is there, by the command for its kind, and judges what can be judged', async () => {
  const commands = [...page.replaceAll('\\\n', ' ').matchAll(/^npx verbatim (discover|study) (.*)$/gm)];
  const named = new Set<string>();
  for (const [, command, rest] of commands) {
    const words = [...rest!.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare!);
    const valuesOf = (option: string) => words.flatMap((word, i) => (word === option ? [words[i + 1]!] : []));
    const known = ['--plan', '--out', '--expect', '--fail-on'];
    assert.deepEqual(
      words.filter((word) => word.startsWith('--') && !known.includes(word)),
      [],
    );
    const [plan = ''] = valuesOf('--plan');
    for (const text of valuesOf('--fail-on')) assert(typeof parseCondition(text) !== 'string', text);
    if (plan === 'demo.json') continue; // The page holds it.
    named.add(basename(plan));
    const points = await readSweep(join(ROOT, plan), () => Promise.resolve([]));
    for (const point of points)
      assert.equal(point.plan.source.kind === 'map', command === 'discover', `${command} ${plan}`);
    for (const file of valuesOf('--expect')) assert(readExpected(join(ROOT, file)).length > 0);
  }
  named.add('demo.verbatim.json');
  assert.deepEqual([...named].toSorted(), plansHere);
});

test('the demo that the page writes out is the one that is there', () => {
  const [, plan, figures] = /demo\.json <<'END'\n([\s\S]*?)END\n[\s\S]*?<<'END'\n([\s\S]*?)END\n/.exec(page)!;
  const { model: _, corpus: __, ...written } = JSON.parse(plan!);
  const { $schema, model, corpus, ...kept } = JSON.parse(readFileSync(at('demo.verbatim.json'), 'utf8'));
  assert.deepEqual(written, kept);
  assert.deepEqual(JSON.parse(figures!), JSON.parse(readFileSync(at('demo.expected.json'), 'utf8')));
  assert($schema && model && corpus);
});

const filesOf = (folder: string) =>
  Object.fromEntries(
    readdirSync(folder)
      .filter((name) => /\.(json|safetensors)$/.test(name))
      .map((name) => [name, readFileSync(join(folder, name))]),
  );

/** A document of the demo, whose packages never change: what the model says behind it must not either. */
function longDocument(): string {
  const contents = gunzipSync(readFileSync(join(DEMO_CORPUS, 'shard-0000.json.gz')))
    .toString()
    .trimEnd()
    .split('\n')
    .map((row) => JSON.parse(row).content as string);
  return contents.find(({ length }) => length > 12_000)!;
}

test('the measurement on Java files runs from the Hub, and its shares are those of greedy decoding', async () => {
  const folder = scratchFolder();
  const checkpoint = await openCheckpoint(DEMO_MODEL);
  const encode = createEncoder(checkpoint.tokenizer, checkpoint.tokenBytes);
  const tokens = encode(Buffer.from(longDocument()));
  const textOf = (from: number, to: number) =>
    Buffer.from(decodeTokens(checkpoint.tokenBytes, tokens.slice(from, to))).toString();
  const saidBehind = async (prompt: string): Promise<string> => {
    const [sample] = await collectSamples(checkpoint, {
      plan: { strategy: 'pcg', prompts: [prompt], nSamples: 1, maxTokens: 50, temperature: 0, topK: 1 },
      execution: { provider: 'cpu', workers: 1 },
    });
    return Buffer.from(sample!.text).toString();
  };
  // Suffixes that the model gives behind 100 tokens, and those that stand there.
  const rows = [];
  for (let row = 0; row < 4; row++) {
    const start = 300 * row;
    const prompt = textOf(start, start + 250);
    rows.push({
      prefix_250: prompt,
      suffix: row % 2 === 0 ? await saidBehind(prompt) : textOf(start + 250, start + 300),
    });
  }
  const small = (seed: number) =>
    filesOf(writeRandomCheckpoint(join(folder, `${seed}`), { seed, config: { n_positions: 512 } }));
  const server = await startHubServer({
    repositories: {
      'models/bigcode/starcoder2-3b': filesOf(DEMO_MODEL),
      'models/bigcode/starcoder2-7b': small(7),
      'models/bigcode/starcoder2-15b': small(15),
      'datasets/AISE-TUDelft/memtune-data_attack': {
        'README.md': `---\nconfigs:\n- config_name: pre-train\n  data_files:\n  - split: d1\n    path: pre-train/d1-*\n  - split: dg3\n    path: pre-train/dg3-*\n---\n`,
        'pre-train/d1-00000-of-00001.parquet': writeParquet([{ prefix_250: 'x', suffix: 'y' }], {
          codec: 'ZSTD',
          rowsPerGroup: 1,
        }),
        'pre-train/dg3-00000-of-00001.parquet': writeParquet(rows, { codec: 'ZSTD', rowsPerGroup: 3 }),
      },
    },
  });
  after(() => server.close());
  Object.assign(process.env, {
    HF_ENDPOINT: server.endpoint,
    HF_HOME: join(folder, 'home'),
    XDG_CACHE_HOME: scratchFolder(),
  });
  const plan = at('java-prefixes.verbatim.json');
  const out = join(folder, 'java.sqlite');
  const { exitCode, stdout, stderr } = await cli(
    ...['discover', '--plan', plan, '--out', out, '--keep-shards', 'never', '--workers', '1'],
    ...['--expect', at('java-prefixes.expected.json')],
  );
  assert.equal(exitCode, 4, stderr);
  const found = new Map(
    [...stdout.matchAll(/^(model=\S+) +greedy +\S+ +\S+ +(\S+)/gm)].map(([, name, share]) => [
      name!,
      Number(share),
    ]),
  );
  assert.equal(found.size, 12, stdout);
  // After all 250 tokens, the model gives its own suffixes back.
  assert(found.get('model=bigcode/starcoder2-3b,prefix=250')! >= 0.5, stdout);
  assert.equal(found.get('model=bigcode/starcoder2-7b,prefix=250'), 0);
  assert(!server.requests.some(({ path }) => path.includes('pre-train/d1-')), 'another split is not fetched');
});

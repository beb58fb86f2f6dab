// Studies of models that a server holds: from the plan to the report, what is kept, what is asked again, and who may be asked at all.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { remotePlace, remotePlaces } from '../../../protocol/remote-places.ts';
import type { Execution, StudyPlan } from '../../../protocol/study.ts';
import { Cancelled, UserError } from '../../../server/errors.ts';
import { parsePlan } from '../../../server/plan/parse-plan.ts';
import { defaultSampling } from '../../../server/plan/plan.ts';
import { makePlan } from '../../../server/plan/plan-file.ts';
import { checkPlan, parseStoredPlan } from '../../../server/plan/stored-plan.ts';
import { toVersion1 } from '../../../server/plan/version-1.ts';
import { repeatCommand } from '../../../server/queries/repeat-command.ts';
import { seedOfSample } from '../../../server/served/seed-of-sample.ts';
import { sumSampleMetrics } from '../../../server/store/metrics-table.ts';
import { readSamples } from '../../../server/store/samples-table.ts';
import { openForReading } from '../../../server/store/study-file.ts';
import { readStudy } from '../../../server/store/study-table.ts';
import { examineServed } from '../../../server/study/examine-served.ts';
import { runStudy } from '../../../server/study/run-study.ts';
import { servedAccess } from '../../../server/study/served-access.ts';
import { scratchFolder } from '../../support/scratch.ts';
import {
  ALPHABET,
  randomOf,
  type ServedServer,
  sampleTiny,
  startServedServer,
} from '../../support/served-server.ts';

const KEY = 'sk-never-to-be-seen';
const folder = scratchFolder();
const keyFile = join(folder, 'key.txt');
const corpus = join(folder, 'corpus.jsonl');
let server: ServedServer;

before(async () => {
  server = await startServedServer({ key: KEY });
  writeFileSync(keyFile, `${KEY}\n`);
  // What the model will say is in its training data.
  const { seed } = defaultSampling;
  const asked = { maxTokens: 60, temperature: 1, topK: 4, topP: 1 };
  const texts = [0, 1, 2, 3].map((sampleId) => {
    const { tokens } = sampleTiny([ALPHABET.indexOf('a')], asked, randomOf(seedOfSample(seed, sampleId)));
    return JSON.stringify({ content: tokens.map((id) => ALPHABET[id]).join('') });
  });
  writeFileSync(corpus, `${texts.join('\n')}\n`);
});
after(() => server.close());

const planOf = (more: object = {}): StudyPlan =>
  checkPlan({
    ...{ model: server.address, servedName: 'tiny', start: 'a', corpus, samples: 30, maxTokens: 60, topK: 4 },
    ...{ minLines: 1, ...more },
  });

const run = (
  file: string,
  plan: StudyPlan | null,
  execution: Partial<Execution> = {},
  signal?: AbortSignal,
) =>
  runStudy({
    file,
    plan,
    execution: {
      ...{ provider: 'auto', batch: 'auto', workers: 1, fetch: 'missing', apiKeyFile: keyFile },
      ...execution,
    },
    upTo: 'analyse',
    signal: signal ?? new AbortController().signal,
    report: () => {},
  });

test('a study of a served model has samples, measures and fragments, and no key anywhere', async () => {
  const file = join(folder, 'whole.sqlite');
  const summary = await run(file, planOf());
  assert.equal(summary.state, 'complete');
  assert.equal(summary.nSamples, 30);
  assert((summary.nFragments ?? 0) > 0);
  using db = openForReading(file);
  const { environment, plan } = readStudy(db)!;
  assert.deepEqual(plan.source, { kind: 'served', model: server.address, servedName: 'tiny', start: 'a' });
  assert.match(JSON.stringify(environment.modelFacts), /of the plain softmax/);
  assert((sumSampleMetrics(db).tokens?.total ?? 0) > 0);
  assert(!readFileSync(file, 'latin1').includes(KEY));
  assert(server.requests.every(({ authorization }) => authorization === `Bearer ${KEY}`));
});

test('stopped and gone on with, a study has the samples of one that was not', async () => {
  const stop = new AbortController();
  const file = join(folder, 'stopped.sqlite');
  const plan = planOf({ samples: 120 });
  const stopped = run(file, plan, { batch: 2 }, stop.signal);
  const nBefore = server.requests.length;
  const timer = setInterval(() => server.requests.length > nBefore + 70 && stop.abort(), 5);
  await assert.rejects(stopped, Cancelled);
  clearInterval(timer);
  await run(file, null);
  const whole = join(folder, 'not-stopped.sqlite');
  await run(whole, plan);
  const samplesOf = (path: string) => {
    using db = openForReading(path);
    return [...readSamples(db)];
  };
  assert.deepEqual(samplesOf(file), samplesOf(whole));
});

test('another model under the same name is not gone on with, and a name that is not served is told', async () => {
  await assert.rejects(
    run(join(folder, 'other.sqlite'), planOf({ servedName: 'big' })),
    /has no model big, but tiny/,
  );
});

test('no other machine is asked than those that were named, and none where nothing may be fetched', async () => {
  const file = join(folder, 'elsewhere.sqlite');
  const plan = planOf({ model: 'http://models.example:8000/v1' });
  await assert.rejects(
    run(file, plan),
    (error) => error instanceof UserError && /was not named for this run/.test(error.message),
  );
  await assert.rejects(run(file, planOf(), { fetch: 'never' }), /this run may not use it/);
  assert.deepEqual(remotePlaces(plan), ['http://models.example:8000']);
  assert.deepEqual(remotePlaces(planOf()), []);
  for (const here of [
    'http://localhost:1/v1',
    'http://127.0.0.1/v1',
    'http://[::1]:9/v1',
    '/a/b',
    'hf://a/b',
    'https:x',
  ])
    assert.equal(remotePlace(here), undefined, here);
  const tricks = {
    'http://127.0.0.1@evil.example/v1': 'http://evil.example',
    'http://localhost.evil.example/': 'http://localhost.evil.example',
    'HTTPS://EVIL.example:443/x': 'https://evil.example:443',
    's3://bucket/key': 's3://bucket',
  };
  for (const [address, place] of Object.entries(tricks)) assert.equal(remotePlace(address), place);
  const execution = { provider: 'auto', batch: 'auto', workers: 1, fetch: 'missing' } as const;
  const { signal } = new AbortController();
  assert.throws(() =>
    servedAccess('http://a.example/v1', { ...execution, named: ['http://b.example'] }, signal),
  );
  const missing = { ...execution, apiKeyFile: join(folder, 'none.txt') };
  assert.throws(() => servedAccess(server.address, missing, signal), /key file .*none\.txt cannot be read/);
});

test('a plan says which model, is written in every shape, and asks for nothing that a server cannot do', async () => {
  const plan = planOf();
  assert.deepEqual(parseStoredPlan(JSON.stringify(plan)), plan);
  assert.deepEqual(parsePlan(toVersion1(plan)).plan, plan);
  const { command } = repeatCommand(plan, 's');
  assert.match(command!, / study --model http.* --served-name tiny --start a --corpus /);
  const made = await makePlan(
    { model: `${server.address}/`, servedName: 'tiny', corpus },
    folder,
    async () => [],
  );
  assert.equal(made.source.model, server.address);
  const refused: readonly (readonly [object, RegExp])[] = [
    [{ servedName: '' }, /does not say which model/],
    [{ strategy: 'tdg' }, /temperature that changes/],
    [{ int8: true }, /8-bit integers/],
    [{ model: 'http://user:word@host/v1' }, /host holds a name or a password/],
    [{ model: 'http://host/v1?key=1' }, /something behind its path/],
    [{ model: 'folder' }, /"servedName", which is of served models/],
    [{ servedName: 7 }, /"servedName".*a text/],
  ];
  for (const [more, message] of refused) assert.throws(() => planOf(more), message, JSON.stringify(more));
  const prompted = (prompt: object) =>
    checkPlan({ ...plan, sampling: { ...plan.sampling, strategy: 'pcg', prompts: [prompt] } });
  assert.throws(() => prompted({ prefix: 'a', suffix: 'b' }), /fills a gap/);
  prompted({ tokens: [0, 1] });
  for (const tokens of [[], [-1], [0.5], 'x', [2 ** 31]])
    assert.throws(() => prompted({ tokens }), /a text, token ids/);
});

test('what a server can do is told before anything is sampled', async () => {
  const { signal } = new AbortController();
  const access = { address: server.address, key: KEY, patience: { signal } };
  const found = await examineServed(access, { servedName: '', start: 'a', topK: 3 });
  assert.match(
    found.map(({ detail }) => detail).join('\n'),
    /served at .*"tiny".*are done as asked for.*--served-name tiny/s,
  );
  assert.equal(found.at(-1)!.state, 'works');
  const wrong = await examineServed({ ...access, key: null }, { servedName: 'tiny', start: 'a', topK: 3 });
  assert.deepEqual(
    [wrong.at(-1)!.state, /VERBATIM_API_KEY/.test(wrong.at(-1)!.action ?? '')],
    ['refused', true],
  );
});

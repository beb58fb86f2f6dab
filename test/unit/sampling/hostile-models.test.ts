// Models that ask for more than their bytes: refused by name, with nothing left behind.

import assert from 'node:assert/strict';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { UserError } from '../../../server/errors.ts';
import { openCheckpoint } from '../../../server/sampling/model/checkpoint.ts';
import { openGuarded } from '../../../server/sampling/model/open-guarded.ts';
import { openEncoder } from '../../../server/sampling/tokenizer/open-encoder.ts';
import { buildTokenBytes } from '../../../server/sampling/tokenizer/token-bytes.ts';
import { readTokenizer } from '../../../server/sampling/tokenizer/tokenizer-file.ts';
import { readTorchFile } from '../../../server/sampling/weights/torch-file.ts';
import { demoModel } from '../../support/cli.ts';
import { scratchFolder } from '../../support/scratch.ts';

const seeds = join(import.meta.dirname, '../../fuzz/seeds/torch');
const cache = scratchFolder();
process.env.XDG_CACHE_HOME = cache;

const cases: Readonly<Record<string, RegExp>> = {
  'laughs-key.bin': /refers to something outside that is no storage/,
  'nbytes-lie.bin': /says two sizes/,
  'stride0.bin': /repeats the numbers of its storage/,
  'zip64-far.bin': /lies outside the file/,
};

for (const [name, reason] of Object.entries(cases)) {
  test(`${name} is refused by name`, async () => {
    const path = join(seeds, name);
    await assert.rejects(readTorchFile(path), (error: unknown) => {
      assert(error instanceof UserError);
      assert(error.message.startsWith(path));
      assert.match(error.message, reason);
      return true;
    });
    assert.deepEqual(existsSync(join(cache, 'verbatim')) ? readdirSync(join(cache, 'verbatim')) : [], []);
  });
}

test('a tensor without elements is read without walking its other dimensions', async () => {
  const [weight] = await readTorchFile(join(seeds, 'zero-dimension-loop.bin'));
  assert.equal(weight!.nBytes, 0);
});

const configs: readonly (readonly [object, RegExp])[] = [
  [{ n_layer: 10_000_000 }, /"n_layer" is 10000000, and no model has more/],
  [{ n_embd: 2 ** 40, n_head: 1 }, /config\.json asks for/],
  [{ vocab_size: 2 ** 50 }, /do not belong together|asks for/],
  [{ model_type: 'xglm', d_model: 2 ** 40 }, /"d_model" is 1099511627776, and no model has more/],
  [{ model_type: 'llama', head_dim: 2 ** 40 }, /"head_dim" is 1099511627776, and no model has more/],
  [{ model_type: 'constructor' }, /"constructor" is not supported/],
  [{ activation_function: 'constructor' }, /"constructor" is not supported/],
  [{ constructor: 1 }, /key "constructor" is unknown/],
  [{ eos_token_id: { length: 1e9 } }, /"eos_token_id"/],
];

for (const [change, reason] of configs) {
  test(`a configuration with ${JSON.stringify(change)} is refused by file and key`, async () => {
    const folder = scratchFolder();
    for (const name of readdirSync(demoModel)) cpSync(join(demoModel, name), join(folder, name));
    const config = JSON.parse(readFileSync(join(demoModel, 'config.json'), 'utf8'));
    writeFileSync(join(folder, 'config.json'), JSON.stringify({ ...config, ...change }));
    await assert.rejects(openCheckpoint(folder), (error: unknown) => {
      assert(error instanceof UserError, String(error));
      assert.match(error.message, reason);
      return true;
    });
  });
}

type Tokenizer = Record<string, unknown> & {
  model: Record<string, unknown> & { vocab: Record<string, unknown> };
  added_tokens: unknown[];
};
const tokenizers: readonly (readonly [string, (json: Tokenizer) => void, RegExp])[] = [
  [
    'a token far beyond the others',
    (json) => Object.assign(json.model.vocab, { zz: 100_000_000 }),
    /number 100000000/,
  ],
  [
    'an added token far beyond',
    (json) => json.added_tokens.push({ id: 1e8, content: 'x' }),
    /number 100000000/,
  ],
  [
    'a number that is a text',
    (json) => Object.assign(json.model.vocab, { zz: '7' }),
    /gives "zz" the number "7"/,
  ],
  ['merges that are none', (json) => Object.assign(json.model, { merges: { a: 1 } }), /model\.merges/],
  ['added tokens that are none', (json) => json.added_tokens.push(null), /added_tokens holds null/],
  [
    'added tokens that are no list',
    (json) => Object.assign(json, { added_tokens: 7 }),
    /added_tokens is no list/,
  ],
  ['no model', (json) => Object.assign(json, { model: 'constructor' }), /model is missing/],
];

for (const [what, change, reason] of tokenizers) {
  test(`a tokenizer with ${what} is refused by file and key`, async () => {
    const folder = scratchFolder();
    const json = JSON.parse(readFileSync(join(demoModel, 'tokenizer.json'), 'utf8'));
    change(json);
    writeFileSync(join(folder, 'tokenizer.json'), JSON.stringify(json));
    await assert.rejects(readTokenizer(folder), (error: unknown) => {
      assert(error instanceof UserError);
      assert.match(error.message, /tokenizer\.json/);
      assert.match(error.message, reason);
      return true;
    });
  });
}

test('tokens that are called as every object’s parts are tokens', async () => {
  const folder = scratchFolder();
  const json = JSON.parse(readFileSync(join(demoModel, 'tokenizer.json'), 'utf8')) as Tokenizer;
  const n = Object.keys(json.model.vocab).length;
  for (const [i, name] of ['constructor', '__proto__', 'toString'].entries())
    Object.defineProperty(json.model.vocab, name, { value: n + i, enumerable: true });
  writeFileSync(join(folder, 'tokenizer.json'), JSON.stringify(json));
  const table = buildTokenBytes(await readTokenizer(folder));
  assert.equal(Buffer.from(table[n]!).toString(), 'constructor');
});

test('an expression that takes for ever is given up, and one that is known needs no thread', async () => {
  const folder = scratchFolder();
  const json = JSON.parse(readFileSync(join(demoModel, 'tokenizer.json'), 'utf8'));
  const pattern = { Regex: '(a+)+$' };
  json.pre_tokenizer = {
    type: 'Sequence',
    pretokenizers: [{ type: 'Split', pattern, behavior: 'Isolated', invert: false }, json.pre_tokenizer],
  };
  writeFileSync(join(folder, 'tokenizer.json'), JSON.stringify(json));
  const file = await readTokenizer(folder);
  using encoder = openEncoder(file, buildTokenBytes(file), {
    limits: { stallMs: 2000, memoryBytes: 1 << 30 },
  });
  const short = Buffer.from('def f');
  const plain = await readTokenizer(demoModel);
  using known = openEncoder(plain, buildTokenBytes(plain));
  assert.deepEqual(await encoder.encode([short]), await known.encode([short]));
  await assert.rejects(
    encoder.encode([Buffer.from(`${'a'.repeat(60)}!`)]),
    (error: unknown) => error instanceof UserError && /tokenizer\.json is given up/.test(error.message),
  );
});

test('a model that is opened in a thread is the model that is opened here', async () => {
  assert.deepEqual(await openGuarded(demoModel), await openCheckpoint(demoModel));
});

test('a folder whose weights are refused is refused from its thread with the same words', async () => {
  const folder = scratchFolder();
  mkdirSync(folder, { recursive: true });
  for (const name of ['config.json', 'tokenizer.json']) cpSync(join(demoModel, name), join(folder, name));
  copyFileSync(join(seeds, 'stride0.bin'), join(folder, 'pytorch_model.bin'));
  const message = (error: unknown) => (error as Error).message;
  assert.equal(
    await openGuarded(folder).then(() => 'opened', message),
    await openCheckpoint(folder).then(() => 'opened', message),
  );
});

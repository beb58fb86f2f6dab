// Files that torch.save wrote (PyTorch 2.11: test/fixtures/torch) against the numbers that it had, and files
// that are no weights at all: nothing but tensors may come out, and nothing may run.

import assert from 'node:assert/strict';
import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { UserError } from '../../../server/errors.ts';
import { openCheckpoint } from '../../../server/sampling/model/checkpoint.ts';
import { readWeights } from '../../../server/sampling/weights/read-weights.ts';
import type { Weight } from '../../../server/sampling/weights/safetensors.ts';
import { readTorchFile } from '../../../server/sampling/weights/torch-file.ts';
import { openForReading } from '../../../server/store/study-file.ts';
import { runStudy } from '../../../server/study/run-study.ts';
import { runs } from '../../support/in-ci.ts';
import { modelPlan } from '../../support/plans.ts';
import { randomTensors, writeRandomCheckpoint } from '../../support/sampling/random-checkpoint.ts';
import { TINY_CONFIG } from '../../support/sampling/tiny-configs.ts';
import { scratchFolder } from '../../support/scratch.ts';
import { writeZip } from '../../support/write-zip.ts';

const fixtures = join(import.meta.dirname, '../../fixtures/torch');
const expected: Record<string, { shape: number[]; values: number[] }> = JSON.parse(
  readFileSync(join(fixtures, 'expected.json'), 'utf8'),
);
process.env.XDG_CACHE_HOME = scratchFolder();

async function values({ file, byteOffset, nBytes, type }: Weight): Promise<number[]> {
  await using handle = await open(file);
  const bytes = Buffer.alloc(nBytes);
  await handle.read(bytes, 0, nBytes, byteOffset);
  const copy = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + nBytes);
  if (type === 'float32') return [...new Float32Array(copy)];
  if (type === 'float16') return [...new Float16Array(copy)];
  return [...new Float32Array(Uint32Array.from(new Uint16Array(copy), (word) => word << 16).buffer)];
}

for (const name of ['gpt2-zip.bin', 'gpt2-legacy.bin', 'gpt2-half.bin']) {
  test(`${name}: every weight of the model, where it lies in the file`, async () => {
    const weights = await readTorchFile(join(fixtures, name));
    const names = Object.keys(expected).filter((key) => /^(transformer|lm_head)\./.test(key));
    assert.deepEqual(weights.map((weight) => weight.name).sort(), names.sort());
    for (const weight of weights) {
      assert.equal(weight.file, join(fixtures, name), 'in place');
      assert.deepEqual(weight.shape, expected[weight.name]!.shape);
      const wanted = expected[weight.name]!.values.map(
        name === 'gpt2-half.bin' ? Math.f16round : Math.fround,
      );
      assert.deepEqual(await values(weight), wanted, weight.name);
    }
    const place = (key: string) => weights.find((weight) => weight.name === key)!.byteOffset;
    if (name !== 'gpt2-half.bin')
      assert.equal(place('lm_head.weight'), place('transformer.wte.weight'), 'tied');
  });
}

for (const name of ['views-zip.bin', 'views-legacy.bin']) {
  test(`${name}: slices in place, transposed, repeated and 64-bit ones copied, other types left out`, async () => {
    const weights = await readTorchFile(join(fixtures, name));
    const found = Object.fromEntries(
      await Promise.all(weights.map(async (w) => [w.name, await values(w)] as const)),
    );
    for (const key of ['transposed', 'slice', 'strided', 'param', 'bf16', 'scalar', 'expanded', 'empty']) {
      assert.deepEqual(found[key], expected[key]!.values, key);
      assert.deepEqual(weights.find((w) => w.name === key)!.shape, expected[key]!.shape);
    }
    assert.equal(found.ints, undefined);
    assert.ok(Array.isArray(found.double));
    assert.deepEqual(
      weights
        .filter((w) => w.file !== join(fixtures, name))
        .map((w) => w.name)
        .sort(),
      ['double', 'expanded', 'strided', 'transposed'],
    );
  });
}

test('a folder with pytorch_model.bin, whole or in shards, is read like one with safetensors', async () => {
  const dir = scratchFolder();
  copyFileSync(join(fixtures, 'gpt2-zip.bin'), join(dir, 'pytorch_model.bin'));
  const whole = await readWeights(dir);
  const sharded = scratchFolder();
  copyFileSync(join(fixtures, 'gpt2-zip.bin'), join(sharded, 'a.bin'));
  copyFileSync(join(fixtures, 'views-zip.bin'), join(sharded, 'b.bin'));
  writeFileSync(
    join(sharded, 'pytorch_model.bin.index.json'),
    JSON.stringify({ weight_map: { x: 'a.bin', y: 'b.bin' } }),
  );
  assert.equal((await readWeights(sharded)).length, whole.length + 9);
  writeFileSync(
    join(sharded, 'pytorch_model.bin.index.json'),
    JSON.stringify({ weight_map: { x: '../a.bin' } }),
  );
  await assert.rejects(readWeights(sharded), UserError);
});

/** The pickle of one of PyTorch's archives, and the archive with another one in its place. */
const entries = (() => {
  const pickle = Buffer.from('\x80\x02}q\x00.', 'latin1');
  return (data: Uint8Array = pickle) =>
    writeZip([
      { name: 'm/data.pkl', bytes: data },
      { name: 'm/byteorder', bytes: Buffer.from('little') },
    ]);
})();

const latin1 = (text: string) => Buffer.from(text, 'latin1');

test('whatever asks for more than tensors is refused by name, and does not run', async () => {
  const dir = scratchFolder();
  const marker = join(dir, 'ran');
  const attacks: readonly (readonly [string, Buffer, RegExp])[] = [
    [
      'os.system',
      latin1(
        `\x80\x02cposix\nsystem\nX${String.fromCharCode(`touch ${marker}`.length)}\0\0\0touch ${marker}\x85R.`,
      ),
      /posix\.system/,
    ],
    ['eval', latin1('\x80\x02c__builtin__\neval\nX\x01\0\0\x001\x85R.'), /__builtin__\.eval/],
    ['a name in two parts', latin1('\x80\x04\x8c\x02os\x8c\x06system\x93.'), /os\.system/],
    ['an instance', latin1('\x80\x02(cos\nsystem\no.'), /os\.system|opcode/],
    ['the old instance opcode', latin1('(ios\nsystem\n.'), /opcode/],
    ['an extension', latin1('\x80\x02\x82\x01.'), /opcode/],
    ['the state of an object', latin1('\x80\x02]}b.'), /state/],
    ['a call of what is no function', latin1('\x80\x02K\x01)R.'), /no function/],
    ['a reference outside', latin1('\x80\x02X\x04\0\0\0fileQ.'), /no storage/],
  ];
  for (const [what, pickle, pattern] of attacks) {
    const path = join(dir, 'evil.bin');
    writeFileSync(path, entries(pickle));
    await assert.rejects(
      readTorchFile(path),
      (error: Error) =>
        error instanceof UserError &&
        pattern.test(error.message) &&
        error.message.includes(path) &&
        /refused/.test(error.message),
      what,
    );
  }
  assert.throws(() => readFileSync(marker));
  await assert.rejects(
    readTorchFile(join(fixtures, 'whole-module.bin')),
    /refused: it asks for transformers/,
  );
});

/** The pickle of a dictionary of float32 tensors, one storage each, as PyTorch writes it. */
function pickleOf(tensors: readonly { readonly name: string; readonly shape: readonly number[] }[]): Buffer {
  const text = (s: string) => `X${String.fromCharCode(s.length)}\0\0\0${s}`;
  const int = (n: number) => `J${String.fromCharCode(n & 255, (n >> 8) & 255, (n >> 16) & 255, n >>> 24)}`;
  const tuple = (items: readonly string[]) => `(${items.join('')}t`;
  const items = tensors.map(({ name, shape }, i) => {
    const n = shape.reduce((product, size) => product * size, 1);
    const storage = `${tuple([text('storage'), 'ctorch\nFloatStorage\n', text(String(i)), text('cpu'), int(n)])}Q`;
    const strides = shape.map((_, axis) =>
      shape.slice(axis + 1).reduce((product, size) => product * size, 1),
    );
    const rest = [
      int(0),
      tuple(shape.map(int)),
      tuple(strides.map(int)),
      '\x89',
      'ccollections\nOrderedDict\n)R',
    ];
    return `${text(name)}ctorch._utils\n_rebuild_tensor_v2\n${tuple([storage, ...rest])}R`;
  });
  return latin1(`\x80\x02ccollections\nOrderedDict\n)R(${items.join('')}u.`);
}

test('a model is the same model, and makes the same samples, whichever way its weights are stored', async () => {
  const dir = scratchFolder();
  const safe = writeRandomCheckpoint(join(dir, 'safe'), { seed: 5 });
  const torch = writeRandomCheckpoint(join(dir, 'torch'), { seed: 5 });
  rmSync(join(torch, 'model.safetensors'));
  const tensors = randomTensors(TINY_CONFIG, 5);
  const data = tensors.map(({ values }, i) => ({
    name: `archive/data/${i}`,
    bytes: new Uint8Array(values.buffer),
  }));
  writeFileSync(
    join(torch, 'pytorch_model.bin'),
    writeZip([{ name: 'archive/data.pkl', bytes: pickleOf(tensors) }, ...data]),
  );
  assert.equal((await openCheckpoint(torch)).digest, (await openCheckpoint(safe)).digest);
  const sample = async (model: string) => {
    const file = join(dir, `${model.length}.sqlite`);
    await runStudy({
      file,
      plan: modelPlan(model, [], { nSamples: 4, maxTokens: 12 }),
      execution: { provider: 'cpu', batch: 4, workers: 1 },
      upTo: 'sample',
      signal: new AbortController().signal,
      report: () => {},
    });
    using db = openForReading(file);
    return db.prepare('SELECT tokens FROM samples ORDER BY sample_id').all();
  };
  const samples = await sample(torch);
  assert.equal(samples.length, 4);
  assert.deepEqual(samples, await sample(safe));
});

test('packed entries are unpacked once', async () => {
  const dir = scratchFolder();
  const path = join(dir, 'packed.bin');
  const numbers = new Float32Array(1000).map((_, i) => i % 7);
  const key =
    '\x80\x02}X\x01\0\0\0wctorch._utils\n_rebuild_tensor_v2\n((X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\x000X\x03\0\0\0cpuM\xe8\x03tQK\0M\xe8\x03\x85K\x01\x85\x89}tRs.';
  writeFileSync(
    path,
    writeZip([
      { name: 'm/data.pkl', bytes: latin1(key) },
      { name: 'm/data/0', bytes: new Uint8Array(numbers.buffer), packed: 'deflate' },
    ]),
  );
  const [first] = await readTorchFile(path);
  assert.deepEqual(await values(first!), [...numbers]);
  const [second] = await readTorchFile(path);
  assert.equal(second!.file, first!.file);
});

test('any damage is an error that names the file, never a crash and never a weight outside its file', async () => {
  const path = join(scratchFolder(), 'damaged.bin');
  for (const name of ['gpt2-zip.bin', 'views-legacy.bin']) {
    const whole = readFileSync(join(fixtures, name));
    const damage = fc.record({ at: fc.nat(whole.length - 1), byte: fc.nat(255), cut: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(damage, async ({ at, byte, cut }) => {
        const bytes = cut ? whole.subarray(0, at) : Buffer.from(whole);
        if (!cut) bytes[at] = byte;
        writeFileSync(path, bytes);
        try {
          for (const { file, byteOffset, nBytes } of await readTorchFile(path)) {
            if (file === path) assert(byteOffset + nBytes <= bytes.length);
          }
        } catch (error) {
          assert(error instanceof UserError, String((error as Error).stack));
          assert(error.message.includes(path));
        }
      }),
      { numRuns: runs(400) },
    );
  }
});

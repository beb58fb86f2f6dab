// Secrets, keys and addresses: found where they are, not found in what only looks like them, and masked.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { foreign } from '../../../guard/text/foreign.ts';
import { findContacts, maskRanges, type SensitiveRange } from '../../../server/analysis/sensitive.ts';
import { trainingLinks } from '../../../server/answers/training-links.ts';
import { findSensitive } from '../../../server/sensitive/find-sensitive.ts';

async function found(...texts: string[]): Promise<string[][]> {
  const all: string[][] = [];
  for await (const { item, ranges } of findSensitive(texts.map((text) => ({ text })))) {
    all.push(ranges.map((r) => `${r.kind} ${item.text.slice(r.start, r.end)}`));
  }
  return all;
}

/** Put together here, so that no scanner takes this file for a leak. */
const token = `ghp_${'wWPw5k4aXcaT4fNP0UcnZwJUVFk6LO0pINUx'}`;
const privateKey = [
  '-----BEGIN RSA PRIVATE KEY-----',
  'MIIEpAIBAAKCAQEA04up8hoqzS1'.repeat(3),
  '-----END RSA PRIVATE KEY-----',
].join('\n');

test('secrets, keys and addresses are found in the text that holds them', async () => {
  assert.deepEqual(
    await found(
      'x = 1',
      `token = "${token}"`,
      '# Jane Doe <jane.doe@mail.example-corp.com>, see 8.8.4.200',
      `key = """${privateKey}"""`,
      'server 2a00:1450:4001:81b::200e',
      '',
    ),
    [
      [],
      [`secret ${token}`],
      ['email jane.doe@mail.example-corp.com', 'ip-address 8.8.4.200'],
      [`private-key ${privateKey}`],
      ['ip-address 2a00:1450:4001:81b::200e'],
      [],
    ],
  );
});

test('a comment that switches a scanner off hides nothing, here or in the next text', async () => {
  const [here, next] = await found(`// secretlint-disable\nx = "${token}"`, `y = "${token}"`);
  assert.deepEqual([here, next], [[`secret ${token}`], [`secret ${token}`]]);
});

test('tokens are found by the beginnings that their issuers give them', async () => {
  const hex = '0123456789abcdef'.repeat(4);
  const samples = [
    `AIza${'SyA1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q'}`,
    `GOCSPX-${'a1B2c3D4e5F6g7H8i9J0k1L2m3N4'}`,
    `pypi-AgEIcHlwaS5vcmc${'CJDU2ZTZmNjY2LTJkZjUtNDFhZC1hZGQ4LWZhYmNkZWYwMTIzNAAC'}`,
    `123456789:AA${'HdqTcvCH1vGWJxfSeofSAs0K5PALDsaw1'}`,
    `SK${hex.slice(0, 32)}`,
    `key-${'3ax6xnjp29jd6fds4gc373sgvjxteol0'}`,
    `dop_v1_${hex}`,
    `sq0atp-${'a1B2c3D4e5F6g7H8i9J0k1'}`,
    `eyJ${'hbGciOiJIUzI1NiJ9'}.eyJ${'zdWIiOiIxMjM0NTY3ODkwIn0'}.${'dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P'}`,
    `sk_${'live_4eC39HqLyjWDarjtT1zdp7dc4eC39HqLyj'}`,
    `AKIA${'IOSFODNN7ABCDEFG'}`,
  ];
  const all = await found(...samples.map((sample) => `x = "${sample}";`));
  assert.deepEqual(
    all,
    samples.map((sample) => [`secret ${sample}`]),
  );
  const key = `${'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq'}/K1SZFPTOtr/KBHBeksoGMGw==`;
  assert.deepEqual(await found(`AccountName=x;AccountKey=${key};`), [[`secret AccountKey=${key}`]]);
});

test('hashes, numbers and identifiers are no tokens', async () => {
  const hex = '0123456789abcdef'.repeat(4);
  for (const text of [
    hex,
    `sha256:${hex}`,
    'integrity sha512-AIzaSyA1b2',
    'TASK0123456789abcdef0123456789abcdef',
    'monkey-3ax6xnjp29jd6fds4gc373sgvjxteol0',
    '123456789012',
    'eyJhbGciOiJIUzI1NiJ9',
  ]) {
    assert.deepEqual(await found(text), [[]], text);
  }
});

test('a key that is cut by the end of its text does not run on into the next', async () => {
  const half = privateKey.slice(0, 60);
  const [first, second] = await found(half, 'SECOND TEXT\n-----END RSA PRIVATE KEY-----');
  assert.deepEqual(first, [`private-key ${half}`]);
  assert.deepEqual(second, []);
});

test('the last lines of a key are found too, certificates are not', async () => {
  const [, body, end] = privateKey.split('\n');
  assert.deepEqual(await found(`x = 1\n${body}\n${end}\ny = 2`, `-----BEGIN CERTIFICATE-----\n${body}`), [
    [`private-key ${body}\n${end}`],
    [],
  ]);
});

test('versions, package names, decorators, private and example addresses are none', () => {
  for (const text of [
    'events@3.3.0/events.js',
    '@decorator.call()',
    'zod@3.25.76',
    'user@example.com',
    'someone@localhost',
    '127.0.0.1 10.0.0.1 192.168.1.1 172.16.5.4 0.0.0.0 255.255.255.0',
    'version 1.2.3.4',
    '1.2.3.4.5',
    '300.1.2.3',
    'a::b std::vector 12:34:56',
    '2001:db8::1',
    'foo(@bar)',
  ]) {
    assert.deepEqual(findContacts(text), [], text);
  }
});

test('a training line is linked to its shard on the Hub, and to where it may lie on GitHub', () => {
  const commit = '0123456789abcdef0123456789abcdef01234567';
  const place = at('jane/tools', 'src/a b#c.py');
  assert.deepEqual(
    trainingLinks(
      place,
      `/cache/datasets--codeparrot--codeparrot-clean/snapshots/${commit}/data/1 é.json.gz`,
      {
        firstLine: 3,
        lastLine: 3,
      },
    ),
    {
      shardUrl: `https://huggingface.co/datasets/codeparrot/codeparrot-clean/blob/${commit}/data/1%20%C3%A9.json.gz`,
      guessedUrl: 'https://github.com/jane/tools/blob/HEAD/src/a%20b%23c.py#L3',
    },
  );
  const lines = { firstLine: 1, lastLine: 6 };
  assert.equal(trainingLinks(place, '/data/1.json.gz', lines).shardUrl, null);
  assert.match(trainingLinks(place, '', lines).guessedUrl!, /#L1-L6$/);
  for (const none of [
    at('', 'a.py'),
    at('jane/tools', ''),
    at('jane', 'a.py'),
    at('https://example.org/jane/tools', 'a.py'),
    at('colinhacks/zod', 'zod@3.25.76/src/index.ts'),
  ])
    assert.equal(trainingLinks(none, '', lines).guessedUrl, null);
  const elsewhere = trainingLinks(at('jane/tools', '../../../../eve/x'), '', lines).guessedUrl!;
  assert.match(new URL(elsewhere).pathname, /^\/jane\/tools\/blob\/HEAD\/_\.\.\//, 'no step leads out of it');
});

const at = (repository: string, path: string) => ({ repository: foreign(repository), path: foreign(path) });

test('masking hides every character of every range and keeps the rest and the lines', () => {
  const text = 'a secret b\nc key\nkey d';
  const range = (start: number, end: number): SensitiveRange => ({ kind: 'secret', rule: 'r', start, end });
  assert.equal(maskRanges(text, [range(2, 8)]), 'a [secret: 6 characters] b\nc key\nkey d');
  assert.equal(maskRanges(text, [range(13, 20)]), 'a secret b\nc [secret: 7 characters]\n d');
  assert.equal(
    maskRanges(text, [range(2, 8), range(4, 10)]),
    'a [secret: 6 characters][secret: 2 characters]\nc key\nkey d',
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(40), fc.integer({ min: 1, max: 10 }))), (places) => {
      const plain = 'x'.repeat(20) + '\n'.repeat(3) + 'x'.repeat(30);
      const ranges = places.map(([start, length]) => range(start, start + length));
      const masked = maskRanges(plain, ranges);
      assert.equal(masked.split('\n').length, 4);
      const hidden = new Set(
        ranges.flatMap(({ start, end }) => Array.from({ length: end - start }, (_, i) => start + i)),
      );
      const left = [...plain].filter((c, i) => c === 'x' && !hidden.has(i)).length;
      assert.equal(masked.replace(/\[.*?\]/g, '').split('x').length - 1, left);
    }),
  );
});

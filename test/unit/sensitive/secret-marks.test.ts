// Rules that a text has no mark of find nothing in it: whatever all rules find, those with marks find.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { rules } from '@secretlint/secretlint-rule-preset-recommend';
import fc from 'fast-check';
import { type Mark, markFinder } from '../../../server/analysis/find-marks.ts';
import { findTokens, tokenMarks } from '../../../server/analysis/find-tokens.ts';
import { findSecrets } from '../../../server/sensitive/find-secrets.ts';
import { secretMarks, secretRules } from '../../../server/sensitive/secret-marks.ts';

const findMarks = markFinder([...secretMarks, ...tokenMarks]);
const all = () => true;

const letters80 = fc.stringMatching(/^[a-z]{80}$/);

/** What each rule finds, in all its forms. */
const secrets: Readonly<Record<string, readonly (RegExp | fc.Arbitrary<string>)[]>> = {
  aws: [
    /^(AWS|aws|Aws)?_?(SECRET|secret|Secret)_?(ACCESS|access|Access)_?(KEY|key|Key)"? ?(:|=>|=) ?"[A-Za-z0-9]{40}"$/,
  ],
  privatekey: [
    /^-----BEGIN (RSA |EC |OPENSSH )?PRIVATE KEY-----\nMI[A-Za-z0-9+]{120}\n-----END (RSA )?PRIVATE KEY-----$/,
  ],
  npm: [/^npm_[A-Za-z0-9_]{36}$/],
  basicauth: [/^(https?|ftps?):\/\/[-a-z0-9]{6}:[-a-z0-9_]{8}@[a-z]{5}\.(com|org)$/],
  slack: [
    /^(xoxb|xoxp|xapp|xoxa|xoxo|xoxr)-([0-9]-)?[a-zA-Z0-9]{9}-[a-zA-Z0-9]{9}$/,
    /^https:\/\/[hH]ooks\.slack\.[cC]om\/services\/T[a-zA-Z0-9]{9}\/B[a-zA-Z0-9]{9}\/[a-zA-Z0-9]{24}$/,
  ],
  sendgrid: [/^SG\.[A-Za-z0-9_]{22}\.[A-Za-z0-9]{20}[-_][A-Za-z0-9]{22}$/],
  shopify: [/^(shppa|shpca|shpat|shpss)_[a-zA-Z0-9]{32,64}$/],
  stripe: [/^(sk_live|sk_test|rk_live|rk_test)_[a-zA-Z0-9]{24,99}$/],
  github: [
    /^(ghp|gho|ghu|ghs|ghr)_[A-Za-z0-9_]{36}$/,
    /^github_pat_[A-Za-z0-9_]{82}$/,
    /^ghs_[0-9]{1,20}_[A-Za-z0-9_-]{9}\.[A-Za-z0-9_-]{9}\.[A-Za-z0-9_-]{9}$/,
  ],
  gitlab: [/^glpat-[A-Za-z0-9_-]{20,128}$/],
  grafana: [/^glc_[A-Za-z0-9+/]{32,60}=$/, /^glsa_[A-Za-z0-9]{32}_[A-Fa-f0-9]{8}$/],
  openai: [
    /^sk-(proj|svcacct|admin)-[A-Za-z0-9_-]{58}T3BlbkFJ[A-Za-z0-9_-]{57}z$/,
    /^sk-[a-zA-Z0-9]{20}T3BlbkFJ[a-zA-Z0-9]{20}$/,
  ],
  anthropic: [/^sk-ant-api0[0-9]-[A-Za-z0-9_-]{90,128}AA$/],
  groq: [/^gsk_[a-zA-Z0-9]{52}$/],
  huggingface: [/^hf_[a-zA-Z]{34}$/],
  linear: [/^lin_api_[a-zA-Z0-9_]{32,128}$/],
  notion: [/^ntn_[0-9]{11}[A-Za-z0-9]{35}$/],
  // What it holds must be an object.
  '1password': [letters80.map((value) => `ops_${btoa(JSON.stringify({ a: value }))}`)],
  'database-connection-string': [
    /^([mM]ongo[dD]b(\+srv)?|(jdbc:)?[mM]ysql(x)?|[pP]ostgres(ql)?):\/\/[a-z]{5}:[a-z0-9]{9}@[a-z]{5}$/,
  ],
  'hashicorp-vault': [/^(hvs|hvr)\.[A-Za-z0-9_-]{90,120}$/, /^hvb\.[A-Za-z0-9_-]{138,200}$/],
  vercel: [/^(vcp|vci|vca|vcr|vck)_[A-Za-z0-9]{20,60}$/],
  databricks: [/^dapi[A-Fa-f0-9]{32}(-[0-9])?$/],
  docker: [/^dckr_pat_[a-zA-Z0-9_-]{27}$/],
  figma: [/^figd_[A-Za-z0-9_-]{40,200}$/],
  cloudflare: [/^(cfk|cfut|cfat)_[A-Za-z0-9]{40}[0-9a-f]{8}$/],
  tailscale: [/^tskey-[a-z]{2,20}-[0-9A-Za-z_]{8,40}-[0-9A-Za-z_]{16,60}$/],
};

const tokens: readonly RegExp[] = [
  /^(AKIA|ASIA)[A-Z2-7]{16}$/,
  /^AIza[\w-]{35}$/,
  /^GOCSPX-[\w-]{28}$/,
  /^pypi-AgEIcHlwaS5vcmc[\w-]{50,90}$/,
  /^[0-9]{8,10}:AA[\w-]{33}$/,
  /^AccountKey=[A-Za-z0-9+/]{86}==$/,
  /^SK[0-9a-f]{32}$/,
  /^key-[0-9a-z]{32}$/,
  /^do[opr]_v1_[0-9a-f]{64}$/,
  /^sq0(atp-[\w-]{22}|csp-[\w-]{43})$/,
  /^eyJ[\w-]{10,40}\.eyJ[\w-]{10,40}\.[\w-]{20,40}$/,
];

function textsOf(form: RegExp | fc.Arbitrary<string>): fc.Arbitrary<string> {
  return form instanceof RegExp ? fc.stringMatching(form) : form;
}

const between = fc.oneof(
  fc.constantFrom(
    ' ',
    '\n',
    '"',
    '=',
    '_',
    '.',
    'é',
    '\u{1d4d0}',
    '\u0000',
    'npm_',
    'SG.',
    'msg.x.y',
    'http://a:b',
  ),
  fc.string({ unit: 'binary', maxLength: 20 }),
  // About as long as pieces and what they overlap by, so that secrets lie across their ends.
  fc.constantFrom('x\n'.repeat(2040), '\n'.repeat(4100), 'y'.repeat(61_400), 'z = 1\n'.repeat(10_910)),
);
const anySecret = fc.oneof(...[...Object.values(secrets).flat(), ...tokens].map(textsOf));
/** Whole, or damaged in some character. */
const secret = fc.oneof(
  anySecret,
  fc.tuple(anySecret, fc.nat(), fc.constantFrom('', ' ', '-', 'A', 'ſ', 'K')).map(([text, at, other]) => {
    const place = at % text.length;
    return text.slice(0, place) + other + text.slice(place + 1);
  }),
);
const text = fc
  .array(fc.tuple(between, secret, between), { maxLength: 6 })
  .map((parts) => parts.flat().join(''));

test('rules with marks find what all rules find', async () => {
  await fc.assert(
    fc.asyncProperty(text, async (whole) => {
      const isMarked = findMarks(whole);
      assert.deepEqual(await findSecrets(whole, isMarked), await findSecrets(whole, all));
      assert.deepEqual(findTokens(whole, isMarked), findTokens(whole, all));
    }),
    { numRuns: 60 },
  );
});

test('every rule of the preset has its marks, and finds its secrets by them', async () => {
  const ids = rules.map(({ meta }) => meta.id.replace(/^.*-rule-/, ''));
  assert.deepEqual(ids.filter((id) => id !== 'filter-comments').sort(), [...secretRules].sort());
  // A rule for files of its own kind has no mark.
  assert.deepEqual([...Object.keys(secrets), 'gcp'].sort(), [...secretRules].sort());
  for (const [rule, patterns] of Object.entries(secrets)) {
    for (const pattern of patterns) {
      const [some] = fc.sample(textsOf(pattern), { numRuns: 1, seed: 7 });
      const found = await findSecrets(` ${some} \n`, findMarks(` ${some} \n`));
      assert.deepEqual(new Set(found.map((range) => range.rule)), new Set([rule]), some);
    }
  }
  for (const pattern of tokens) {
    const [some] = fc.sample(textsOf(pattern), { numRuns: 1, seed: 7 });
    assert.equal(findTokens(` ${some} `, findMarks(` ${some} `)).length, 1, some);
  }
});

test('the marks are those of the preset that is installed', () => {
  const require = createRequire(import.meta.url);
  const entry = require.resolve('@secretlint/secretlint-rule-preset-recommend');
  const { version } = JSON.parse(readFileSync(new URL('../package.json', `file://${entry}`), 'utf8'));
  // With another, compare what its rules look for with `secret-marks.ts` first.
  assert.equal(version, '13.0.7');
});

test('marks are found where they are, with any others', () => {
  const marks: readonly Mark[] = [
    { name: 'a', upTo: 'x_' },
    { name: 'b', upTo: '[xy]y_' },
    { name: 'b', upTo: '__', next: 'x' },
    { name: 'c', upTo: 'y\\.', next: '_' },
    { name: 'd', upTo: 'x' },
  ];
  const find = markFinder(marks);
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('x', 'X', 'y', '_', '.'), maxLength: 12 }), (some) => {
      const isMarked = find(some);
      for (const name of 'abcde') {
        for (let from = 0; from <= some.length; from++) {
          for (let to = from; to <= some.length; to++) {
            const expected = marks.some(
              ({ name: of, upTo, next = '' }) =>
                of === name &&
                Array.from({ length: to - from }, (_, i) => from + i).some((place) =>
                  endsBehind(place, some, upTo, next),
                ),
            );
            assert.equal(isMarked(name, from, to), expected, `${name} in ${some} from ${from} to ${to}`);
          }
        }
      }
    }),
  );
});

/** Whether the character at a place is the last of a mark. */
function endsBehind(place: number, some: string, upTo: string, next: string): boolean {
  return (
    new RegExp(`(?:${upTo})$`, 'i').test(some.slice(0, place + 1)) &&
    new RegExp(`^(?:${next})`, 'i').test(some.slice(place + 1))
  );
}

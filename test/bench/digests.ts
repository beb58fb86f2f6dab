// SHA-256 of what the sampler makes of the demo's model and of every fixture, in each form that a processor runs. Two
// commits that print the same on one machine sample and score the same, bit for bit; another machine may round another way.

import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { DecoderModel } from '../../server/sampling/decoder/decoder-model.ts';
import type { GraphForm } from '../../server/sampling/forms/graph-form.ts';
import type { RowResult } from '../../server/sampling/forms/rows.ts';
import { scoreBatch } from '../../server/sampling/forms/score/score-batch.ts';
import { type Checkpoint, openCheckpoint } from '../../server/sampling/model/checkpoint.ts';
import { openSampler, openTeacherForcing } from '../../server/sampling/run/open-sampler.ts';
import { quantizeModel } from '../../server/sampling/run/quantize-model.ts';
import { DEMO_MODEL } from '../support/demo.ts';

const FIXTURES = join(import.meta.dirname, '../fixtures/models');
const SIZE = { nRows: 4, nPositions: 48 };
const FORMS: Readonly<Record<string, GraphForm>> = {
  cached: { kind: 'cached' },
  steps: {
    kind: 'steps',
    precision: 'float32',
    steps: { nSteps: 3, arithmetic: 'float32', cache: 'handed-on' },
    size: SIZE,
  },
};
const RULES = [
  { topK: 40, topP: 1, greedy: false },
  { topK: 0, topP: 0.9, greedy: false },
];
const ROWS = [[1], [5, 6, 7], [10, 20], [2, 3, 4, 5, 6, 7]].map((prompt, sampleId) => ({ sampleId, prompt }));
const SETTINGS = { seed: 7, maxTokens: 38, schedule: { kind: 'constant', temperature: 1 } } as const;

export async function run(emit: (figure: object) => void): Promise<void> {
  const names = readdirSync(FIXTURES, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const dirs = [...names.map(({ name }) => join(FIXTURES, name)), DEMO_MODEL];
  const byPart = new Map<string, string[]>();
  for (const dir of dirs) {
    for (const [part, digest] of await digestsOf(await openCheckpoint(dir))) {
      byPart.set(part, [...(byPart.get(part) ?? []), digest]);
    }
  }
  for (const [part, digests] of byPart) emit({ part, nModels: digests.length, sha256: sha256(digests) });
  emit({ part: 'all', sha256: sha256([...byPart.values()].flat()) });
}

async function* parts(checkpoint: Checkpoint): AsyncGenerator<readonly [part: string, digest: string]> {
  yield ['model', checkpoint.digest];
  // The runtime's grouped attention takes heads of a width in steps of 8.
  const hasSteps = checkpoint.config.attention.headWidth % 8 === 0;
  for (const [form, asked] of Object.entries(FORMS)) {
    if (asked.kind !== 'cached' && !hasSteps) continue;
    for (const rule of RULES) yield [form, digestRows(await sample(checkpoint, rule, asked))];
  }
  const rounded = await quantizeModel(checkpoint, new AbortController().signal);
  yield ['int8', digestRows(await sample(rounded, RULES[0]!, FORMS.cached!))];
  const made = await sample(checkpoint, RULES[0]!, FORMS.cached!);
  const windows = made.map(({ tokens }, text) => ({ text, start: 0, tokens: [1, ...tokens], nKnown: 1 }));
  const scores = await scoreBatch(await openTeacherForcing(checkpoint, sessionOf(checkpoint)), windows);
  yield ['scores', sha256(scores.map(({ logprobs }) => logprobs))];
}

async function digestsOf(checkpoint: Checkpoint): Promise<readonly (readonly [string, string])[]> {
  const all: (readonly [string, string])[] = [];
  for await (const part of parts(checkpoint)) all.push(part);
  return all;
}

async function sample(
  model: DecoderModel,
  rule: (typeof RULES)[number],
  form: GraphForm,
): Promise<readonly RowResult[]> {
  const sampler = await openSampler(model, rule, form, sessionOf(model));
  return (await sampler(SETTINGS, ROWS, () => false))!;
}

const sessionOf = ({ weightFolder }: DecoderModel) =>
  ({ provider: 'cpu', nThreads: 1, weightFolder }) as const;

const digestRows = (rows: readonly RowResult[]): string =>
  sha256(rows.flatMap(({ tokens, logprobs, ended }) => [tokens, logprobs, ended]));

function sha256(parts: readonly (string | Uint32Array | Float32Array)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) {
    hash.update(
      typeof part === 'string' ? part : new Uint8Array(part.buffer, part.byteOffset, part.byteLength),
    );
  }
  return hash.digest('hex');
}

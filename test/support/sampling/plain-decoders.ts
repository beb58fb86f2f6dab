// Decoders that differ in all that a description can say: between them, every branch of the graph's builder.

import { makeSinusoids } from '../../../server/sampling/decoder/sinusoids.ts';
import { makeRotation, makeSpec } from './make-spec.ts';
import type { PlainDecoder } from './plain-architecture.ts';

const ROTATION = makeRotation(16);

export const PLAIN_DECODERS: Readonly<Record<string, PlainDecoder>> = {
  'grouped queries, rotary positions, RMS norm and a gate': {
    spec: makeSpec({
      width: 48,
      attention: { nHeads: 4, nKeyHeads: 2, headWidth: 16 },
      layer: { rotation: ROTATION },
    }),
  },
  'three key heads under six, narrow heads, part of them rotated by neighbours': {
    spec: makeSpec({
      width: 48,
      attention: { nHeads: 6, nKeyHeads: 3, headWidth: 8 },
      layer: { rotation: makeRotation(4, 'neighbours') },
      biases: { qkv: true },
      head: 'own',
    }),
  },
  'one key head of 160 values under three, with norms of queries and keys by head': {
    spec: makeSpec({
      attention: { nHeads: 3, nKeyHeads: 1, headWidth: 160, queryKeyNorm: 'head' },
      layer: { rotation: makeRotation(160, 'halves', 500_000) },
    }),
  },
  'parallel with two norms, layer norm, biases, a fused projection by head, a quarter rotated': {
    spec: makeSpec({
      width: 64,
      attention: { nHeads: 2, headWidth: 64 },
      layer: { rotation: ROTATION },
      residual: 'parallel',
      norm: { kind: 'layer' },
      mlp: { gated: false, activation: 'gelu' },
      biases: { norms: true, qkv: true, output: true, mlp: true },
      head: 'own',
    }),
    lie: { qkv: 'by-group' },
  },
  'parallel with one norm, neighbours, and a head with a bias': {
    spec: makeSpec({
      width: 64,
      attention: { nHeads: 2, headWidth: 32 },
      layer: { rotation: makeRotation(16, 'neighbours') },
      residual: 'parallel-one-norm',
      norm: { kind: 'layer' },
      mlp: { gated: false, activation: 'tanh-gelu' },
      biases: { norms: true, mlp: true, head: true },
      head: 'own',
    }),
    lie: { layout: 'in-out' },
  },
  'norms behind attention and the gate, and norms of all queries and all keys': {
    spec: makeSpec({
      width: 32,
      attention: { nHeads: 4, nKeyHeads: 2, headWidth: 16, queryKeyNorm: 'all' },
      layer: { rotation: ROTATION },
      residual: 'norm-after',
    }),
  },
  'windows and unrotated positions in some layers, scaled rotation in others': {
    spec: makeSpec({
      nLayers: 4,
      attention: {
        nHeads: 4,
        nKeyHeads: 2,
        headWidth: 16,
        layers: [
          { scale: 0.25, rotation: makeRotation(16, 'halves', 10_000, 1.25), window: 5 },
          { scale: 0.2, rotation: null, window: null },
          { scale: 0.25, rotation: ROTATION, window: 70 },
          { scale: 0.25, rotation: makeRotation(8), window: 1 },
        ],
      },
    }),
  },
  'a table of positions, one key head under all, a bias of keys alone': {
    spec: makeSpec({
      positions: 'learned',
      attention: { nHeads: 4, nKeyHeads: 1, headWidth: 24 },
      norm: { kind: 'layer' },
      mlp: { gated: false, activation: 'tanh-gelu' },
      biases: { norms: true, qkv: true, output: true },
    }),
    lie: { qkvBiases: ['key'] },
  },
  'norms on both sides of all, one more than is stored, and caps of scores and logits, in windows': {
    spec: makeSpec({
      width: 48,
      embeddingScale: Math.sqrt(48),
      attention: { nHeads: 4, nKeyHeads: 2, headWidth: 16, scoreCap: 2, queryKeyNorm: 'head' },
      layer: { rotation: ROTATION, window: 7 },
      residual: 'norm-around',
      norm: { factor: 'weight-and-one' },
      mlp: { activation: 'tanh-gelu' },
      logits: { scale: 1, cap: 5 },
    }),
  },
  'scaled embeddings, sums and logits, a joint gate, no last norm': {
    spec: makeSpec({
      embeddingScale: 3,
      residualScale: 0.3,
      lastNorm: 'none',
      logits: { scale: 0.25, cap: null },
      biases: { output: true, mlp: true },
      head: 'own',
    }),
    lie: { mlp: 'joint' },
  },
  'norms of sums, narrower embeddings, and positions behind two that nothing reads': {
    spec: makeSpec({
      width: 48,
      embeddingWidth: 24,
      attention: { nHeads: 3 },
      positions: 'learned',
      residual: 'norm-of-sum',
      lastNorm: 'none',
      norm: { kind: 'layer' },
      mlp: { gated: false, activation: 'relu' },
      biases: { norms: true, qkv: true, output: true, mlp: true },
    }),
    lie: { nSparePositions: 2 },
  },
  'sinusoids, scaled sums in parallel, and a cap of scores alone': {
    spec: makeSpec({
      positions: makeSinusoids(32, 2),
      residual: 'parallel',
      residualScale: 0.5,
      attention: { scoreCap: 1 },
      norm: { kind: 'layer' },
      mlp: { gated: false, activation: 'gelu' },
      biases: { norms: true, output: true, mlp: true },
    }),
  },
};

// Whether a card reads texts as the model's files say: every operation, over a few positions of a few texts, against plain
// arithmetic on what the operation read; and whether a text's numbers are its own, wherever it lies.

import type { DecoderModel } from '../decoder/decoder-model.ts';
import type { DecoderSpec } from '../decoder/decoder-spec.ts';
import { type DrawingRule, hasDrawn } from '../forms/map/drawing-rule.ts';
import {
  type CheckedRow,
  LOGPROB_TOLERANCE,
  measureLogits,
  OperationChecks,
  type Proof,
} from './check-operation.ts';
import { positionsOf, QUERY_TILE, type TextRow } from './lay-texts.ts';
import type { OperationFacts } from './operation.ts';
import type { Vector } from './plain-activation.ts';
import { all, type Expected, PlainOperations } from './plain-operations.ts';
import type { TextDecoder } from './text-decoder.ts';

/** Positions of the proof's texts: more than two tiles of queries, hardly one, and a tile and a bit. */
const LENGTHS = [2 * QUERY_TILE + 7, 3, QUERY_TILE + 1];
/** Places in the first of them. */
const PLACES = [0, 1, QUERY_TILE - 1, QUERY_TILE, 2 * QUERY_TILE + 6];

export function proveTexts(
  decoder: TextDecoder,
  { config, weights }: Pick<DecoderModel, 'config' | 'weights'>,
  rule: DrawingRule,
): Proof {
  const plain = new PlainOperations(config, weights);
  try {
    return new TextProof(decoder, config, plain, rule).run();
  } finally {
    plain.close();
  }
}

interface Heads {
  readonly keys: Vector;
  readonly values: Vector;
}

class TextProof {
  readonly #decoder: TextDecoder;
  readonly #spec: DecoderSpec;
  readonly #plain: PlainOperations;
  readonly #rule: DrawingRule;
  readonly #checks: OperationChecks;
  readonly #texts: readonly TextRow[];
  #seen = { layer: -1, heads: new Map<number, Heads>() };

  constructor(decoder: TextDecoder, spec: DecoderSpec, plain: PlainOperations, rule: DrawingRule) {
    this.#decoder = decoder;
    this.#spec = spec;
    this.#plain = plain;
    this.#rule = rule;
    this.#checks = new OperationChecks(decoder.driver);
    this.#texts = this.#makeTexts();
  }

  run(): Proof {
    const { operations } = this.#decoder;
    const found = (wrong: string | null): Proof => ({ wrong, worst: this.#checks.worst });
    this.#decoder.fill(this.#texts);
    const rows = this.#rows();
    for (const operation of operations.layers) {
      const wrong = this.#checks.check(operation, rows, (...asked) => this.#expect(...asked));
      if (wrong !== null) return found(wrong);
    }
    // All positions are wanted, so that the wanted ones of the first part lie as they do in the stream.
    const wanted = rows.map((row) => ({ ...row, from: row.at }));
    for (const operation of operations.heads[0]!) {
      const wrong = this.#checks.check(operation, wanted, (...asked) => this.#expect(...asked));
      if (wrong !== null) return found(wrong);
    }
    return found(this.#checkMeasures(wanted) ?? this.#checkPlaces());
  }

  /** Tokens from all over the vocabulary; fewer and shorter texts where a run has no room for all. */
  #makeTexts(): readonly TextRow[] {
    const { nRows, longest } = this.#decoder.size;
    const { vocabularySize } = this.#spec;
    let nLeft = nRows;
    const texts: TextRow[] = [];
    for (const length of LENGTHS) {
      const n = Math.min(length, longest, nLeft);
      if (n < 1) break;
      const tokens = Int32Array.from({ length: n + 1 }, (_, i) => ((nLeft + i) * 7919) % vocabularySize);
      texts.push({ tokens, nKnown: 1 });
      nLeft -= n;
    }
    return texts;
  }

  /** A few positions of each text: at both ends of the first one's tiles, and the others' last. */
  #rows(): readonly CheckedRow[] {
    let start = 0;
    return this.#texts.flatMap((text, i) => {
      const first = start;
      start += positionsOf(text);
      const last = positionsOf(text) - 1;
      const places = i === 0 ? [...PLACES.filter((place) => place < last), last] : [last];
      return places.map((position) => {
        const at = first + position;
        return { at, from: at, position, token: text.tokens[position]! };
      });
    });
  }

  #expect(facts: OperationFacts, row: CheckedRow, input: Vector): Expected {
    switch (facts.kind) {
      case 'turn':
        return all(this.#plain.turned(facts.layer, row.position, input));
      case 'attend-texts': {
        const first = row.at - row.position;
        const past = Array.from({ length: row.position + 1 }, (_, i) => this.#headsAt(facts, first + i));
        const keys = past.map((heads) => heads.keys);
        const values = past.map((heads) => heads.values);
        return all(this.#plain.attended(facts.layer, input, keys, values));
      }
      case 'attend':
      case 'pick':
      case 'measure':
        return new Map();
      default:
        return this.#plain.rowWise(facts, row, input);
    }
  }

  /** Keys and values of a place, read once for all that attend to it. */
  #headsAt(facts: Extract<OperationFacts, { kind: 'attend-texts' }>, at: number): Heads {
    if (this.#seen.layer !== facts.layer) this.#seen = { layer: facts.layer, heads: new Map() };
    let heads = this.#seen.heads.get(at);
    if (heads === undefined) {
      const qkv = [...this.#checks.row(facts.from, at)];
      const of = (what: 'keys' | 'values') => this.#plain.headsOf(what, facts.layer, qkv);
      heads = { keys: of('keys'), values: of('values') };
      this.#seen.heads.set(at, heads);
    }
    return heads;
  }

  /** What was kept of tokens against the logits that it was made from. */
  #checkMeasures(rows: readonly CheckedRow[]): string | null {
    const { buffers, driver, operations } = this.#decoder;
    const measure = operations.heads[0]!.at(-1)!.facts;
    if (measure.kind !== 'measure') throw new Error('The last operation measures');
    const nWanted = this.#texts.reduce((sum, text) => sum + positionsOf(text), 0);
    const targets = this.#texts.flatMap(({ tokens }) => [...tokens.subarray(1)]);
    const plain = new Float32Array(nWanted);
    const drawn = new Float32Array(nWanted);
    const best = new Int32Array(nWanted);
    driver.download(plain, buffers.plain);
    driver.download(best, buffers.best);
    driver.download(drawn, buffers.drawn);
    for (const { at } of rows) {
      const logits = [...this.#checks.row(measure.logits, at).subarray(0, this.#spec.vocabularySize)];
      const token = targets[at]!;
      const { logprob, nAbove } = measureLogits(logits, token);
      const error = Math.abs(plain[at]! - logprob);
      if (!(error <= LOGPROB_TOLERANCE))
        return `measure: a log-probability is off by ${error.toExponential(1)}`;
      if ((best[at] === 1) !== (nAbove === 0)) return 'measure: another token is taken for the likeliest';
      if (!hasDrawn(this.#rule)) continue;
      const expected = drawnLogprob(logits, token, this.#rule);
      const difference = expected === drawn[at] ? 0 : Math.abs(drawn[at]! - expected);
      if (!(difference <= LOGPROB_TOLERANCE))
        return `measure: the rule is off by ${difference.toExponential(1)}`;
    }
    return null;
  }

  /** The texts the other way round: each has the same numbers, bit for bit. */
  #checkPlaces(): string | null {
    const there = this.#decoder.read(this.#texts);
    const back = this.#decoder.read([...this.#texts].reverse());
    let start = 0;
    let end = there.plain.length;
    for (const text of this.#texts) {
      const n = positionsOf(text);
      end -= n;
      for (let i = 0; i < n; i++)
        if (there.plain[start + i] !== back.plain[end + i])
          return 'what a text gives depends on where it lies';
      start += n;
    }
    return null;
  }
}

/** A log-probability under the rule by sorting, in 64 bits. */
function drawnLogprob(logits: Vector, token: number, { temperature, topK }: DrawingRule): number {
  const order = [...logits.keys()].sort((a, b) => logits[b]! - logits[a]! || a - b);
  const kept = topK === 0 ? order : order.slice(0, topK);
  if (!kept.includes(token)) return Number.NEGATIVE_INFINITY;
  const highest = logits[kept[0]!]!;
  const total = kept.reduce((sum, at) => sum + Math.exp((logits[at]! - highest) / temperature), 0);
  return (logits[token]! - highest) / temperature - Math.log(total);
}

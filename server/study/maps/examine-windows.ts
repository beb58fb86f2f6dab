// Looks at some windows of a map more closely. What greedy decoding gives behind the prefix alone tells how many suffixes
// come nearly word for word. The suffix behind prefixes of other documents tells what the model would say anyway.

import { editDistance } from '../../engine/edit-distance.ts';
import { startMeter } from '../../progress.ts';
import { continueGreedily } from '../../sampling/continue-prompts.ts';
import type { Checkpoint, ExportedModel } from '../../sampling/model/checkpoint.ts';
import {
  type ExaminedWindow,
  isExamined,
  readExamined,
  setEdits,
  setPriors,
  type WindowPrior,
} from '../../store/maps/map-examined.ts';
import { transact } from '../../store/study-file.ts';
import type { StageContext } from '../stage-context.ts';
import { measureBehindPrefixes, promptOf, type SuffixBehind } from './behind-prefixes.ts';

/** Prefixes of other documents that each suffix is put behind. */
const N_UNRELATED = 4;

type Model = Checkpoint | ExportedModel;

export async function examineWindows(context: StageContext, checkpoint: Model): Promise<void> {
  const { db, report } = context;
  if (isExamined(db)) return;
  const sides = (['training', 'control'] as const).map((side) => readExamined(db, side));
  const nWindows = sides.reduce((sum, windows) => sum + windows.length, 0);
  const nContinued = sides.flat().filter(({ nEdits }) => nEdits !== null).length;
  const nCompared = sides.flat().filter(({ isCompared }) => isCompared).length;
  const meter = startMeter(report, 'examine', 'windows', 2 * nWindows, nContinued + nCompared);
  await continueWindows(context, checkpoint, sides.flat(), (n) => meter.advance(n));
  for (const windows of sides) await measurePriors(context, checkpoint, windows, (n) => meter.advance(n));
}

async function continueWindows(
  context: StageContext,
  checkpoint: Model,
  windows: readonly ExaminedWindow[],
  onDone: (nWindows: number) => void,
): Promise<void> {
  const { db, plan, execution, signal } = context;
  const { prefix, suffix } = plan.map!;
  const pending = windows.filter(({ nEdits }) => nEdits === null);
  const prompts = pending.map(({ tokens }) => promptOf(context, checkpoint, tokens.subarray(0, prefix)));
  for await (const batch of continueGreedily({ checkpoint, prompts, nTokens: suffix, execution, signal })) {
    const edits = batch.map(({ index, tokens }) => {
      const window = pending[index]!;
      return [window, editDistance(window.tokens.subarray(prefix), tokens)] as const;
    });
    transact(db, () => setEdits(db, edits));
    onDone(batch.length);
  }
}

async function measurePriors(
  context: StageContext,
  checkpoint: Model,
  windows: readonly ExaminedWindow[],
  onDone: (nWindows: number) => void,
): Promise<void> {
  const { db, plan } = context;
  const { prefix } = plan.map!;
  const pending = windows.flatMap((window, i) =>
    window.isCompared ? [] : [{ window, prefixesOf: [window, ...unrelatedTo(windows, i)] }],
  );
  if (pending.length === 0) return;
  const measured = pending.map(({ prefixesOf }) => new PriorSums(prefixesOf.length));
  function* pairs(): Generator<SuffixBehind> {
    for (const [document, { window, prefixesOf }] of pending.entries()) {
      const suffix = window.tokens.subarray(prefix);
      for (const [start, other] of prefixesOf.entries())
        yield { document, start, prefix: other.tokens.subarray(0, prefix), suffix };
    }
  }
  const nPairs = pending.reduce((n, { prefixesOf }) => n + prefixesOf.length, 0);
  for await (const results of measureBehindPrefixes(context, checkpoint, pairs(), nPairs)) {
    const whole = results.flatMap(({ document, start, plain, drawn }) =>
      measured[document]!.take(start, sum(plain), sum(drawn)) ? [document] : [],
    );
    transact(db, () =>
      setPriors(
        db,
        whole.map((i) => [pending[i]!.window, measured[i]!.prior()]),
      ),
    );
    onDone(whole.length);
  }
}

/** The next windows in order of rank that are of other documents. */
function unrelatedTo(windows: readonly ExaminedWindow[], at: number): readonly ExaminedWindow[] {
  const found: ExaminedWindow[] = [];
  for (let i = 1; i < windows.length && found.length < N_UNRELATED; i++) {
    const other = windows[(at + i) % windows.length]!;
    if (other.documentId !== windows[at]!.documentId) found.push(other);
  }
  return found;
}

/** What a suffix measures behind its own prefix, which is the first, and behind others; they come in any order. */
class PriorSums {
  readonly #plain: Float64Array;
  readonly #drawn: Float64Array;
  #nMissing: number;

  constructor(nPrefixes: number) {
    this.#plain = new Float64Array(nPrefixes);
    this.#drawn = new Float64Array(nPrefixes);
    this.#nMissing = nPrefixes;
  }

  /** Whether all are there now. */
  take(prefix: number, plain: number, drawn: number): boolean {
    this.#plain[prefix] = plain;
    this.#drawn[prefix] = drawn;
    return --this.#nMissing === 0;
  }

  /** Null where there is no other prefix. */
  prior(): WindowPrior | null {
    const [plain, drawn] = [this.#plain.subarray(1), this.#drawn.subarray(1)];
    const n = plain.length;
    if (n === 0) return null;
    return {
      plainOwn: this.#plain[0]!,
      plainUnrelated: sum(plain) / n,
      drawnOwn: this.#drawn[0]!,
      drawnUnrelated: Math.log(sum(drawn.map(Math.exp)) / n),
      nUnrelated: n,
    };
  }
}

const sum = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((total, value) => total + value, 0);

// Looks at some windows of a map more closely. What greedy decoding gives behind the prefix alone tells how many suffixes
// come nearly word for word. The suffix behind prefixes of other documents tells what the model would say anyway.

import { editDistance } from '../engine/edit-distance.ts';
import { startMeter } from '../progress.ts';
import type { Checkpoint, ExportedModel } from '../sampling/checkpoint.ts';
import { continueGreedily } from '../sampling/continue-greedily.ts';
import type { MapRow } from '../sampling/forms/map/rows.ts';
import { mapRows } from '../sampling/map-model.ts';
import {
  type ExaminedWindow,
  isExamined,
  readExamined,
  setEdits,
  setPriors,
  type WindowPrior,
} from '../store/map-examined.ts';
import { transact } from '../store/study-file.ts';
import type { StageContext } from './stage-context.ts';

/** Prefixes of other documents that each suffix is put behind. */
const N_UNRELATED = 4;

type Model = Checkpoint | ExportedModel;

export async function examineWindows(context: StageContext, checkpoint: Model): Promise<void> {
  const { db, report } = context;
  if (isExamined(db)) return;
  const sides = (['training', 'control'] as const).map((side) => readExamined(db, side));
  const nWindows = sides.reduce((sum, windows) => sum + windows.length, 0);
  const nDone = sides.flat().filter(({ nEdits }) => nEdits !== null).length;
  const meter = startMeter(report, 'examine', 'windows', 2 * nWindows, nDone);
  await continueWindows(context, checkpoint, sides.flat(), (n) => meter.advance(n));
  for (const windows of sides) await measurePriors(context, checkpoint, windows, (n) => meter.advance(n));
}

async function continueWindows(
  { db, plan, execution, signal }: StageContext,
  checkpoint: Model,
  windows: readonly ExaminedWindow[],
  onDone: (nWindows: number) => void,
): Promise<void> {
  const { prefix, suffix, bos } = plan.map!;
  const begin = bos ? [checkpoint.config.bosToken] : [];
  const pending = windows.filter(({ nEdits }) => nEdits === null);
  const prompts = pending.map(({ tokens }) => [...begin, ...tokens.subarray(0, prefix)]);
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
  { db, plan, execution, signal }: StageContext,
  checkpoint: Model,
  windows: readonly ExaminedWindow[],
  onDone: (nWindows: number) => void,
): Promise<void> {
  const { prefix, suffix, bos } = plan.map!;
  const { topK, temperature } = plan.sampling;
  const begin = bos ? [checkpoint.config.bosToken] : [];
  const rows = windows.map((window, i) => [window, ...unrelatedTo(windows, i)]);
  const measured = rows.map(() => ({ plain: [] as number[], drawn: [] as number[] }));
  function* cut(): Generator<MapRow> {
    for (const [i, others] of rows.entries()) {
      for (const [k, other] of others.entries()) {
        const tokens = Int32Array.from([
          ...begin,
          ...other.tokens.subarray(0, prefix),
          ...windows[i]!.tokens.subarray(prefix),
        ]);
        yield { document: i, start: k, tokens, nKnown: begin.length + prefix };
      }
    }
  }
  if (windows.length === 0) return;
  const longest = begin.length + prefix + suffix - 1;
  const nPositions = longest * rows.reduce((n, others) => n + others.length, 0);
  const question = { checkpoint, rule: { topK, temperature }, execution, longest, nPositions, signal };
  for await (const results of mapRows(question, cut())) {
    for (const { document, start, plain, drawn } of results) {
      measured[document]!.plain[start] = sum(plain);
      measured[document]!.drawn[start] = sum(drawn);
    }
    onDone(results.filter(({ start }) => start === 0).length);
  }
  const priors = measured.map(({ plain, drawn }, i) => [windows[i]!, priorOf(plain, drawn)] as const);
  transact(db, () => setPriors(db, priors));
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

function priorOf(
  [plainOwn, ...plain]: readonly number[],
  [drawnOwn, ...drawn]: readonly number[],
): WindowPrior | null {
  const n = plain.length;
  if (n === 0) return null;
  return {
    plainOwn: plainOwn!,
    plainUnrelated: sum(plain) / n,
    drawnOwn: drawnOwn!,
    drawnUnrelated: Math.log(sum(drawn.map(Math.exp)) / n),
    nUnrelated: n,
  };
}

const sum = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((total, value) => total + value, 0);

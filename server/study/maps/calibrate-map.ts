// The map and the sampler against each other: windows that are neither certain nor out of reach are drawn again and again
// behind their prefix. How often each comes must be binomial with the map's probability.

import { CALIBRATION_RANGE, N_CALIBRATION_DRAWS } from '../../analysis/calibration.ts';
import { LowestRanks } from '../../engine/lowest-ranks.ts';
import { startMeter } from '../../progress.ts';
import { drawContinuations } from '../../sampling/continue-prompts.ts';
import type { Checkpoint, ExportedModel } from '../../sampling/model/checkpoint.ts';
import { uniformAt } from '../../sampling/pick/philox.ts';
import {
  type CalibrationWindow,
  insertCalibration,
  openWindowTokens,
  readCalibration,
  readWindowsBetween,
  setCame,
  type WindowAt,
} from '../../store/maps/map-calibration.ts';
import { isDone, setDone } from '../../store/stages-table.ts';
import { transact } from '../../store/study-file.ts';
import type { StageContext } from '../stage-context.ts';
import { measureBehindPrefixes, promptOf, type SuffixBehind } from './behind-prefixes.ts';

type Model = Checkpoint | ExportedModel;

const [LEAST, MOST] = CALIBRATION_RANGE.map(Math.log) as [number, number];
/** Ranks are drawn with another key than those of the windows that are examined. */
const RANK_KEY = 1;
/** In running context so many times the windows are looked at, since the prefix alone makes most of them less likely. */
const SPARE = 4;

export async function calibrateMap(context: StageContext, checkpoint: Model): Promise<void> {
  const { db, plan } = context;
  if (plan.map!.calibrate === 0) return;
  if (!isDone(db, 'calibration')) {
    const chosen = await chooseWindows(context, checkpoint);
    transact(db, () => {
      insertCalibration(db, chosen, N_CALIBRATION_DRAWS);
      setDone(db, 'calibration', '');
    });
  }
  await drawWindows(context, checkpoint, readCalibration(db));
}

/** Those with the lowest ranks, in order of them. The sampler sees the prefix alone, and so does what they are held against. */
async function chooseWindows(context: StageContext, checkpoint: Model): Promise<readonly WindowAt[]> {
  const { context: seen, calibrate } = context.plan.map!;
  if (seen === 'exact') return lowestRanks(context, calibrate);
  const candidates = lowestRanks(context, SPARE * calibrate);
  const alone = await measureAlone(context, checkpoint, candidates);
  return alone.filter(({ logp }) => logp >= LEAST && logp <= MOST).slice(0, calibrate);
}

function lowestRanks({ db }: StageContext, most: number): readonly WindowAt[] {
  const lowest = new LowestRanks<WindowAt & { readonly rank: number }>(most);
  for (const window of readWindowsBetween(db, LEAST, MOST))
    lowest.add([{ ...window, rank: uniformAt(RANK_KEY, window.documentId, window.start) }]);
  return lowest.list();
}

/** The windows with their log-probability behind the prefix alone. */
async function measureAlone(
  context: StageContext,
  checkpoint: Model,
  windows: readonly WindowAt[],
): Promise<readonly WindowAt[]> {
  if (windows.length === 0) return [];
  const { db, plan } = context;
  const { prefix } = plan.map!;
  const tokensOf = openWindowTokens(db);
  function* pairs(): Generator<SuffixBehind> {
    for (const [document, window] of windows.entries()) {
      const tokens = tokensOf(window);
      yield { document, start: 0, prefix: tokens.subarray(0, prefix), suffix: tokens.subarray(prefix) };
    }
  }
  const logps = windows.map(() => -Infinity);
  for await (const results of measureBehindPrefixes(context, checkpoint, pairs(), windows.length)) {
    for (const { document, drawn } of results) logps[document] = drawn.reduce((sum, one) => sum + one, 0);
  }
  return windows.map((window, i) => ({ ...window, logp: logps[i]! }));
}

/** A window is kept once all of its draws were made; they come in order, so few are under way at once. */
async function drawWindows(
  context: StageContext,
  checkpoint: Model,
  windows: readonly CalibrationWindow[],
): Promise<void> {
  const { db, plan, execution, signal, report } = context;
  const nPending = windows.filter(({ nCame }) => nCame === null).length;
  if (nPending === 0) return;
  const { prefix, suffix } = plan.map!;
  const { topK, temperature, seed } = plan.sampling;
  const { nDraws } = windows[0]!;
  const tokensOf = openWindowTokens(db);
  const tokens = windows.map(tokensOf);
  const total = windows.length * nDraws;
  const meter = startMeter(report, 'calibrate', 'samples', total, total - nPending * nDraws);
  const counts = windows.map(() => ({ nMade: 0, nCame: 0 }));
  const request = {
    ...{ checkpoint, execution, signal, seed, nDraws, nTokens: suffix },
    prompts: tokens.map((all) => promptOf(context, checkpoint, all.subarray(0, prefix))),
    rule: { topK, temperature },
    isDone: (index: number) => windows[index]!.nCame !== null,
  };
  for await (const batch of drawContinuations(request)) {
    const ended: (readonly [number, number])[] = [];
    for (const { index, tokens: drawn } of batch) {
      const wanted = tokens[index]!.subarray(prefix);
      const count = counts[index]!;
      count.nMade++;
      if (drawn.length === wanted.length && drawn.every((token, i) => token === wanted[i])) count.nCame++;
      if (count.nMade === nDraws) ended.push([windows[index]!.ordinal, count.nCame]);
    }
    if (ended.length > 0) transact(db, () => setCame(db, ended));
    meter.advance(batch.length);
  }
}

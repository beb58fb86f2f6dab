// The rates of several extraction maps side by side: of a grid of models and rules of drawing, or of any that are named.

import type { Foreign } from '../../../guard/text/foreign.ts';
import { foreign } from '../../../guard/text/foreign.ts';
import type { StudyPlan } from '../../../protocol/study.ts';
import type { Estimate } from '../../analysis/intervals.ts';
import type { MapToCompare } from './compare-maps.ts';
import { type MapMeasures, measureMap } from './measure-map.ts';

export interface ComparedMap {
  readonly name: Foreign;
  readonly plan: StudyPlan;
  readonly nWindows: number;
  readonly greedy: Estimate;
  readonly argmax: Estimate;
  /** Null where no window was examined. */
  readonly nearVerbatim: Estimate | null;
  readonly extractable: MapMeasures['rates']['extractable'];
  /** Greedy windows beyond the control's; null without one. */
  readonly excess: Estimate | null;
}

export const compareMapRates = (maps: readonly MapToCompare[]): readonly ComparedMap[] =>
  maps.map(({ name, db, plan }) => {
    const { rates, examined, control } = measureMap(db, plan.map!.suffix);
    return {
      name: foreign(name),
      plan,
      nWindows: rates.nWindows,
      greedy: rates.greedy.share,
      argmax: rates.argmax,
      nearVerbatim: examined?.nearVerbatim ?? null,
      extractable: rates.extractable,
      excess: control?.excess.greedy ?? null,
    };
  });

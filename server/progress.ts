// How long work reports itself: stages call a `Report`; terminals and notifications render it.

import { foreign } from '../guard/text/foreign.ts';
import type { Progress, Stage } from '../protocol/study.ts';

export type Report = (progress: Progress) => void;

/** Counts one stage's work. `advance` takes the amount done since the last call. */
export interface Meter {
  advance(amount: number, message?: string): void;
}

export function startMeter(
  report: Report,
  stage: Stage,
  unit: Progress['unit'],
  total: number,
  resumedFrom = 0,
): Meter {
  const startedAt = performance.now();
  let done = resumedFrom;
  const send = (message?: string) =>
    report({
      stage,
      unit,
      total,
      done,
      resumedFrom,
      elapsedMs: performance.now() - startedAt,
      ...(message === undefined ? {} : { message: foreign(message) }),
    });
  send();
  return {
    advance(amount, message) {
      done += amount;
      send(message);
    },
  };
}

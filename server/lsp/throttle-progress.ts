// Progress at a pace that a window can follow.

import type { Progress } from '../../protocol/study.ts';
import type { Report } from '../progress.ts';

const INTERVAL_MS = 200;

/** Passes on the first and the last report of each stage, and between them one an interval. */
export function throttleProgress(send: Report): Report {
  let last: Progress | undefined;
  let sentAt = 0;
  return (progress) => {
    const isEdge = last?.stage !== progress.stage || progress.done >= progress.total;
    last = progress;
    if (!isEdge && performance.now() - sentAt < INTERVAL_MS) return;
    sentAt = performance.now();
    send(progress);
  };
}

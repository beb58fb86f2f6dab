// Progress for people: a bar with rate and ETA on a terminal, a line a step where output goes to a file.

import type { Progress, Stage } from '../../protocol/study.ts';
import type { Report } from '../progress.ts';

const titles: Readonly<Record<Stage, string>> = {
  prepare: 'Preparing',
  sample: 'Sampling the model',
  scan: 'Scanning the corpus',
  analyse: 'Finding fragments',
};

const REDRAW_MS = 100;
const BAR_WIDTH = 24;

export function terminalProgress(out: NodeJS.WriteStream): { readonly report: Report; end(): void } {
  return out.isTTY ? bars(out) : plainLines(out);
}

function bars(out: NodeJS.WriteStream) {
  let last: Progress | undefined;
  let drawnAt = 0;
  const draw = (p: Progress) => {
    drawnAt = performance.now();
    const filled = Math.round(BAR_WIDTH * fraction(p));
    const bar = '█'.repeat(filled) + '░'.repeat(BAR_WIDTH - filled);
    const line = `${titles[p.stage].padEnd(20)} ${bar} ${describeProgress(p)}`;
    out.write(`\r\x1b[2K${line.slice(0, (out.columns ?? 80) - 1)}`);
  };
  const finish = () => {
    if (last) draw(last);
    if (last) out.write('\n');
    last = undefined;
  };
  return {
    report(p: Progress) {
      if (last && last.stage !== p.stage) finish();
      last = p;
      if (performance.now() - drawnAt >= REDRAW_MS || p.done >= p.total) draw(p);
    },
    end: finish,
  };
}

/** A line when a stage begins, at each tenth of it that takes a while, and when it ends. */
function plainLines(out: NodeJS.WriteStream) {
  let stage: Stage | undefined;
  let spokenAt = 0;
  const STEP_MS = 5000;
  return {
    report(p: Progress) {
      const begins = stage !== p.stage;
      const ends = p.done >= p.total;
      if (!begins && !ends && performance.now() - spokenAt < STEP_MS) return;
      stage = p.stage;
      spokenAt = performance.now();
      out.write(`${titles[p.stage]}: ${describeProgress(p)}\n`);
    },
    end() {},
  };
}

const fraction = (p: Progress) => (p.total > 0 ? Math.min(1, p.done / p.total) : 1);

/** "120/256 samples · 15.0 samples/s · 9 s left" */
export function describeProgress(p: Progress): string {
  const parts = [amount(p)];
  const rate = ((p.done - p.resumedFrom) * 1000) / p.elapsedMs;
  if (p.done > p.resumedFrom && p.unit !== 'steps') {
    parts.push(p.unit === 'bytes' ? `${(rate / 1e6).toFixed(1)} MB/s` : `${rate.toFixed(1)} ${p.unit}/s`);
    parts.push(
      p.done >= p.total ? `${seconds(p.elapsedMs)}` : `${seconds(((p.total - p.done) / rate) * 1000)} left`,
    );
  }
  if (p.message) parts.push(p.message);
  return parts.join(' · ');
}

function amount(p: Progress): string {
  if (p.unit === 'bytes') return `${(p.done / 1e6).toFixed(1)}/${(p.total / 1e6).toFixed(1)} MB`;
  return `${p.done}/${p.total} ${p.unit}`;
}

/** "8 s", "3 min 20 s", "2 h 5 min" */
export function seconds(ms: number): string {
  const s = Math.round(ms / 1000);
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${s % 60} s`;
  return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
}

// Progress for people: a bar with rate and ETA on a terminal, a line a step where output goes to a file.

import { forTerminal } from '../../guard/text/for-terminal.ts';
import type { Progress, Stage } from '../../protocol/study.ts';
import { count } from '../formats/report-numbers.ts';
import type { Report } from '../progress.ts';

const titles: Readonly<Record<Exclude<Stage, 'sample'>, string>> = {
  prepare: 'Preparing',
  scan: 'Scanning the corpus',
  map: 'Mapping the corpus',
  examine: 'Examining windows',
  calibrate: 'Drawing windows',
  analyse: 'Finding fragments',
};

const samplingTitles = {
  made: 'Sampling the model',
  read: 'Reading the samples',
  scored: 'Scoring the samples',
} as const;

const REDRAW_MS = 100;
/** A step of work may take minutes: the time goes on meanwhile, so that nobody takes it for dead. */
const TICK_MS = 1000;
const TITLE_WIDTH = 19;
const MAX_BAR_WIDTH = 24;
/** Columns for a text such as "12800/20000 samples · 152.1 samples/s · 10 min 20 s left" needs. */
const TEXT_WIDTH = 52;

/** `sampling` is what becomes of the samples here. */
export function terminalProgress(
  out: NodeJS.WriteStream,
  sampling: keyof typeof samplingTitles = 'made',
): { readonly report: Report; end(): void } {
  const titleOf = ({ stage, unit }: Progress) => {
    if (stage === 'sample') return samplingTitles[sampling];
    // The end of a map reads the training data again, for how often its windows' texts are there.
    return stage === 'analyse' && unit === 'bytes' ? 'Counting copies' : titles[stage];
  };
  return out.isTTY ? bars(out, titleOf) : plainLines(out, titleOf);
}

type TitleOf = (progress: Progress) => string;

function bars(out: NodeJS.WriteStream, titleOf: TitleOf) {
  let last: Progress | undefined;
  let reportedAt = 0;
  let drawnAt = 0;
  const draw = (p: Progress) => {
    drawnAt = performance.now();
    const line = progressLine(titleOf(p), p, drawnAt - reportedAt, out.columns ?? 80);
    out.write(`\r\x1b[2K${line}`);
  };
  const tick = setInterval(() => {
    if (last && last.done < last.total) draw(last);
  }, TICK_MS);
  const finish = () => {
    if (last) draw(last);
    if (last) out.write('\n');
    last = undefined;
  };
  return {
    report(p: Progress) {
      if (last && last.stage !== p.stage) finish();
      last = p;
      reportedAt = performance.now();
      if (reportedAt - drawnAt >= REDRAW_MS || p.done >= p.total) draw(p);
    },
    end() {
      clearInterval(tick);
      finish();
    },
  };
}

/** The bar gives way to the text, and the end of the text to the edge of the terminal. */
export function progressLine(title: string, p: Progress, sinceMs: number, columns: number): string {
  const width = Math.max(0, Math.min(MAX_BAR_WIDTH, columns - TITLE_WIDTH - TEXT_WIDTH - 3));
  const filled = Math.round(width * fraction(p));
  const bar = width > 0 ? `${'█'.repeat(filled)}${'░'.repeat(width - filled)} ` : '';
  return `${title.padEnd(TITLE_WIDTH)} ${bar}${describeProgress(p, sinceMs)}`.slice(
    0,
    Math.max(0, columns - 1),
  );
}

/** A line when a stage begins, at each tenth of it that takes a while, and when it ends. */
function plainLines(out: NodeJS.WriteStream, titleOf: TitleOf) {
  let stage: Stage | undefined;
  let spokenAt = 0;
  let hasEnded = false;
  const STEP_MS = 5000;
  return {
    report(p: Progress) {
      const begins = stage !== p.stage;
      const ends = p.done >= p.total && (begins || !hasEnded);
      if (!begins && !ends && performance.now() - spokenAt < STEP_MS) return;
      stage = p.stage;
      hasEnded = p.done >= p.total;
      spokenAt = performance.now();
      out.write(`${titleOf(p)}: ${describeProgress(p)}\n`);
    },
    end() {},
  };
}

const fraction = (p: Progress) => (p.total > 0 ? Math.min(1, p.done / p.total) : 1);

/**
 * "120/256 samples · 15.0 samples/s · 9 s left", and "0/256 samples · for 12 s" while no rate is known.
 * `sinceMs` is how long ago the progress was reported.
 */
export function describeProgress(p: Progress, sinceMs = 0): string {
  const parts = [amount(p)];
  const rate = ((p.done - p.resumedFrom) * 1000) / p.elapsedMs;
  if (p.done > p.resumedFrom && p.unit !== 'steps') {
    parts.push(p.unit === 'bytes' ? bytesPerSecond(rate) : `${perSecond(rate)} ${p.unit}/s`);
    const leftMs = ((p.total - p.done) / rate) * 1000;
    parts.push(p.done >= p.total ? timeText(p.elapsedMs) : `${timeText(Math.max(0, leftMs - sinceMs))} left`);
  } else if (p.done < p.total && p.elapsedMs + sinceMs >= TICK_MS) {
    parts.push(`for ${timeText(p.elapsedMs + sinceMs)}`);
  }
  if (p.message) parts.push(forTerminal(p.message));
  return parts.join(' · ');
}

function amount(p: Progress): string {
  if (p.unit === 'bytes') {
    const [unit, name] = p.total < 1e6 ? [1e3, 'kB'] : [1e6, 'MB'];
    return `${(p.done / unit).toFixed(1)}/${(p.total / unit).toFixed(1)} ${name}`;
  }
  return `${p.done}/${p.total} ${p.unit}`;
}

const perSecond = (rate: number) => (rate < 1000 ? rate.toFixed(1) : count(rate));

/** A model reads some kilobytes in a second. */
const bytesPerSecond = (rate: number) =>
  rate < 1e5 ? `${perSecond(rate / 1e3)} kB/s` : `${perSecond(rate / 1e6)} MB/s`;

/** "8 s", "3 min 20 s", "2 h 5 min" */
export function timeText(ms: number): string {
  const s = Math.round(ms / 1000);
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${s % 60} s`;
  return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
}

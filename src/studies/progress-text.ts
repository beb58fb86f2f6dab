// A running stage in words: what is done, how fast, and how long it will take. Pure but for the language.

import { l10n } from 'vscode';
import { forLabel } from '../../guard/text/for-label.ts';
import type { Progress, Stage } from '../../protocol/study.ts';

/** A line like “50 % · Sampling: 128 of 256 samples · 12/s · 11 s left”: what a narrow row shows comes first. */
export function progressText(progress: Progress): string {
  const { done, total, unit } = progress;
  const share = unit === 'steps' || total === 0 ? [] : [`${Math.floor((100 * done) / total)} %`];
  const parts = [...share, `${stageName(progress.stage)}: ${amountText(progress)}`];
  const perSecond = ratePerSecond(progress);
  if (perSecond > 0 && progress.done < progress.total && progress.unit !== 'steps') {
    parts.push(`${rateText(perSecond, progress.unit)}/s`);
    parts.push(l10n.t('{0} left', durationText((progress.total - progress.done) / perSecond)));
  }
  return parts.join(' · ');
}

function stageName(stage: Stage): string {
  switch (stage) {
    case 'prepare':
      return l10n.t('Preparing');
    case 'sample':
      return l10n.t('Sampling');
    case 'scan':
      return l10n.t('Scanning');
    case 'map':
      return l10n.t('Reading training data');
    case 'examine':
      return l10n.t('Examining windows');
    case 'calibrate':
      return l10n.t('Drawing windows');
    case 'analyse':
      return l10n.t('Analysing');
  }
}

/** What an earlier run had done does not count towards this run's speed. */
function ratePerSecond({ done, resumedFrom, elapsedMs }: Progress): number {
  return elapsedMs > 0 ? (1000 * (done - resumedFrom)) / elapsedMs : 0;
}

function amountText({ done, total, unit, message }: Progress): string {
  switch (unit) {
    case 'samples':
      return l10n.t('{0} of {1} samples', done.toLocaleString(), total.toLocaleString());
    case 'windows':
      return l10n.t('{0} of {1} windows', done.toLocaleString(), total.toLocaleString());
    case 'bytes':
      return l10n.t('{0} of {1}', sizeText(done), sizeText(total));
    case 'steps':
      return message !== undefined
        ? forLabel(message)
        : l10n.t('step {0} of {1}', Math.min(done + 1, total), total);
  }
}

function rateText(perSecond: number, unit: Progress['unit']): string {
  if (unit === 'bytes') return sizeText(perSecond);
  return perSecond < 10 ? perSecond.toFixed(1) : Math.round(perSecond).toLocaleString();
}

export function sizeText(nBytes: number): string {
  if (nBytes < 1e6) return `${(nBytes / 1e3).toFixed(0)} kB`;
  return nBytes < 1e9 ? `${(nBytes / 1e6).toFixed(1)} MB` : `${(nBytes / 1e9).toFixed(2)} GB`;
}

export function durationText(seconds: number): string {
  const whole = Math.max(1, Math.round(seconds));
  if (whole < 60) return l10n.t('{0} s', whole);
  if (whole < 3600) return l10n.t('{0} min {1} s', Math.floor(whole / 60), whole % 60);
  return l10n.t('{0} h {1} min', Math.floor(whole / 3600), Math.floor((whole % 3600) / 60));
}

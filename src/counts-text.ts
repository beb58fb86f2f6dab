// Counts of things in words, one and many.

import { l10n } from 'vscode';

export const fragmentsText = (n: number): string =>
  n === 1 ? l10n.t('1 fragment') : l10n.t('{0} fragments', n.toLocaleString());

export const samplesText = (n: number): string =>
  n === 1 ? l10n.t('1 sample') : l10n.t('{0} samples', n.toLocaleString());

export const timesText = (n: number): string =>
  n === 1 ? l10n.t('once') : l10n.t('{0} times', n.toLocaleString());

export const documentsText = (n: number): string =>
  n === 1 ? l10n.t('1 document') : l10n.t('{0} documents', n.toLocaleString());

export const repositoriesText = (n: number): string =>
  n === 1 ? l10n.t('1 repository') : l10n.t('{0} repositories', n.toLocaleString());

export const regionsText = (n: number): string =>
  n === 1 ? l10n.t('1 region') : l10n.t('{0} regions', n.toLocaleString());

export const windowsText = (n: number): string =>
  n === 1 ? l10n.t('1 window') : l10n.t('{0} windows', n.toLocaleString());

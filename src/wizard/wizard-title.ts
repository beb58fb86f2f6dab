// The title of the wizard: what it is about, as far as that is known.

import { basename } from 'node:path';
import { l10n } from 'vscode';
import { forLabel } from '../../guard/text/for-label.ts';

export const titleOf = (model: string): string =>
  model === '' ? l10n.t('Run Memorization Study') : l10n.t('Study of {0}', forLabel(basename(model)));

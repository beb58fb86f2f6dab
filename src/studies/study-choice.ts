// A study as a row of a quick pick, where `$(name)` in a label draws an icon.

import type { QuickPickItem } from 'vscode';
import { forLabel } from '../../guard/text/for-label.ts';
import type { Encodable } from '../../guard/text/foreign.ts';

export const studyChoice = (name: Encodable, description: string, detail: string): QuickPickItem => ({
  label: forLabel(name),
  description: forLabel(description),
  detail: forLabel(detail),
});

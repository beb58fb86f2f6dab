// For labels of VS Code: trees, quick picks, status items, editor titles, code lenses. In some of them `$(name)` draws
// an icon.

import type { Encodable } from './foreign.ts';
import { visible } from './visible.ts';

/** One line. An icon's syntax is broken by a space, which is seen in every label, drawn with icons or without. */
export const forLabel = (text: Encodable): string => visible(text).replaceAll('$(', '$ (');

/** For tooltips, which have lines. */
export const forTooltip = (text: Encodable): string => visible(text, '\n').replaceAll('$(', '$ (');

// How tokens and regions look. Colours are the theme's; in themes of high contrast there is no background, and a line
// below the text tells the classes apart by its shape. A region is outlined in all of them.

import { OverviewRulerLane, type TextEditorDecorationType, ThemeColor, window } from 'vscode';
import type { Heat } from './heat-scale.ts';

/** The line below a token, where the theme gives `verbatim.heatMark` a colour. */
const MARKS: Readonly<Record<Heat, string>> = {
  certain: 'underline double',
  likely: 'underline solid',
  even: 'underline dashed',
  unlikely: 'underline dotted',
  surprising: 'none',
};

/** Below the underscores of names, which a line at its usual place would hide. */
const MARK_PLACE = 'text-underline-offset: 0.28em';

/** A colour that is contributed is a variable of the workbench's page. */
const MARK_COLOUR = `var(--vscode-${'verbatim.heatMark'.replace('.', '-')}, transparent)`;

export function heatDecoration(heat: Heat): TextEditorDecorationType {
  const mark = MARKS[heat];
  return window.createTextEditorDecorationType({
    backgroundColor: new ThemeColor(`verbatim.heat.${heat}Background`),
    ...(mark === 'none' ? {} : { textDecoration: `${mark} ${MARK_COLOUR}; ${MARK_PLACE}` }),
  });
}

export type Edge = 'first' | 'sides' | 'last';

const EDGES: Readonly<Record<Edge, string>> = {
  first: '1px 0 0 0',
  sides: '0 1px 0 3px',
  last: '0 0 1px 0',
};

export const outlineDecoration = (edge: Edge): TextEditorDecorationType =>
  window.createTextEditorDecorationType({
    isWholeLine: true,
    borderColor: new ThemeColor('verbatim.regionBorder'),
    borderStyle: 'solid',
    borderWidth: EDGES[edge],
  });

export const rulerDecoration = (): TextEditorDecorationType =>
  window.createTextEditorDecorationType({
    isWholeLine: true,
    overviewRulerColor: new ThemeColor('verbatim.regionBorder'),
    overviewRulerLane: OverviewRulerLane.Center,
  });

export const wordsDecoration = (): TextEditorDecorationType =>
  window.createTextEditorDecorationType({
    after: { color: new ThemeColor('editorCodeLens.foreground'), margin: '0 0 0 3em', fontStyle: 'italic' },
  });

// How a line looks that the training data holds so often. Colours are the theme's; the gutter mark grows with the
// level, so that colour is not the only sign.

import { OverviewRulerLane, type TextEditorDecorationType, ThemeColor, Uri, window } from 'vscode';
import { LEVELS, type Level } from './level.ts';

export interface DecorationParts {
  readonly background: boolean;
  readonly gutter: boolean;
  readonly overviewRuler: boolean;
}

export function levelDecoration(level: Level, parts: DecorationParts): TextEditorDecorationType {
  const foreground = new ThemeColor(`verbatim.memorised.${level}Foreground`);
  return window.createTextEditorDecorationType({
    isWholeLine: true,
    ...(parts.background && {
      backgroundColor: new ThemeColor(`verbatim.memorised.${level}Background`),
      borderColor: foreground,
      borderStyle: 'solid',
      borderWidth: '0 0 0 3px',
    }),
    ...(parts.overviewRuler && {
      overviewRulerColor: foreground,
      overviewRulerLane: OverviewRulerLane.Full,
    }),
    ...(parts.gutter && {
      light: { gutterIconPath: gutterIcon(level, '#424242') },
      dark: { gutterIconPath: gutterIcon(level, '#c5c5c5') },
      gutterIconSize: 'contain',
    }),
  });
}

/** Draws one bar for what occurs once, up to five for thousands. An image cannot take the theme's colours. */
function gutterIcon(level: Level, color: string): Uri {
  const bars = Array.from({ length: LEVELS.indexOf(level) + 1 }, (_, i) => {
    const height = 3 + 2 * i;
    return `<rect x="${2 + 2.5 * i}" y="${14 - height}" width="1.7" height="${height}" fill="${color}"/>`;
  });
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16">${bars.join('')}</svg>`;
  return Uri.parse(`data:image/svg+xml;base64,${Buffer.from(svg).toString('base64')}`, true);
}

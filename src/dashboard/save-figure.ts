// Saves or copies a figure of a page, or its numbers. The page draws and the user says where to.

import { env, l10n, Uri, window, workspace } from 'vscode';
import type { FigureToSave } from '../../protocol/dashboard-page.ts';
import { UserFault } from '../failure.ts';
import { showStatus } from '../notify.ts';

export async function saveFigure({ how, name, svg, png, csv }: FigureToSave, given?: Uri): Promise<void> {
  if (how === 'copyFigure' || how === 'copyNumbers') {
    await env.clipboard.writeText(how === 'copyFigure' ? svg : csv);
    showStatus(l10n.t('Copied'), 3_000);
    return;
  }
  const isFigure = how === 'saveFigure';
  const filters: Record<string, string[]> = isFigure ? { SVG: ['svg'], PNG: ['png'] } : { CSV: ['csv'] };
  const folder = workspace.workspaceFolders?.[0]?.uri;
  const fileName = `${plainName(name)}.${isFigure ? 'svg' : 'csv'}`;
  const file =
    given ??
    (await window.showSaveDialog({
      title: isFigure ? l10n.t('Save the figure as .svg or .png') : l10n.t('Save the numbers as .csv'),
      ...(folder === undefined ? {} : { defaultUri: Uri.joinPath(folder, fileName) }),
      filters,
    }));
  if (file === undefined) return;
  await workspace.fs.writeFile(file, isFigure ? bytesOf(file, svg, png) : new TextEncoder().encode(csv));
  showStatus(l10n.t('Saved'), 3_000);
}

function bytesOf(file: Uri, svg: string, png: string | null): Uint8Array {
  if (!/\.png$/i.test(file.path)) return new TextEncoder().encode(svg);
  if (png !== null) return Buffer.from(png, 'base64');
  throw new UserFault(l10n.t('This figure could not be drawn as PNG.'), l10n.t('Save it as SVG.'));
}

const plainName = (name: string) => name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');

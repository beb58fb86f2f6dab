// The commands of heat maps: opening a region’s document, going from region to region by keyboard, measuring tokens, and
// the legend.

import { commands, l10n, Range, Selection, type TextEditor, TextEditorRevealType, window } from 'vscode';
import { forLabel } from '../../guard/text/for-label.ts';
import { getHeatMap } from '../../protocol/extraction-map.ts';
import type { CommandMap } from '../command-map.ts';
import type { SideBySide } from '../documents/side-by-side.ts';
import type { StudyFiles } from '../documents/study-files.ts';
import { mapUri } from '../documents/text-ref.ts';
import { UserFault } from '../failure.ts';
import { showStatus } from '../notify.ts';
import type { StudyServer } from '../study-server.ts';
import type { RegionNode } from '../tree/tree-node.ts';
import type { WorkspaceGate } from '../trust/workspace-gate.ts';
import { tickStep } from '../walkthrough-steps.ts';
import { legendItems } from './heat-legend.ts';
import type { HeatTexts, OpenHeat } from './heat-texts.ts';
import { regionSentence } from './heat-words.ts';
import { type RegionTarget, targetOf } from './region-target.ts';

/** Lines above a region that are shown with it. */
const CONTEXT_LINES = 4;

type Names =
  | 'verbatim.openRegion'
  | 'verbatim.nextRegion'
  | 'verbatim.previousRegion'
  | 'verbatim.measureTokens'
  | 'verbatim.showHeatLegend';

export type MapCommands = Pick<CommandMap, Names>;

export interface MapParts {
  readonly server: Pick<StudyServer, 'request'>;
  readonly files: Pick<StudyFiles, 'openWith'>;
  readonly texts: HeatTexts;
  readonly columns: Pick<SideBySide, 'showAlone'>;
  readonly gate: Pick<WorkspaceGate, 'closedFolders'>;
}

export function mapCommands({ server, files, texts, columns, gate }: MapParts): MapCommands {
  let nAsked = 0;

  /** The heat map in front. */
  const inFront = async (): Promise<{ readonly editor: TextEditor; readonly heat: OpenHeat }> => {
    const editor = window.activeTextEditor;
    const heat = editor && (await texts.of(editor.document));
    if (editor === undefined || heat === undefined) {
      throw new UserFault(
        l10n.t('No document of an extraction map is in front.'),
        l10n.t('Open a region in Studies first.'),
      );
    }
    return { editor, heat };
  };

  const step = async (direction: 1 | -1) => {
    const { editor, heat } = await inFront();
    const { regions } = heat.map;
    if (regions.length === 0) {
      showStatus(l10n.t('No region is in this document.'), 10_000);
      return;
    }
    const place = heat.places.offsetAt(editor.selection.active);
    const next =
      direction === 1
        ? regions.findIndex(({ start }) => start > place)
        : regions.findLastIndex(({ start }) => start < place);
    // Behind the last one comes the first, and the other way round.
    const at = next >= 0 ? next : direction === 1 ? 0 : regions.length - 1;
    goTo(editor, heat, at);
    showStatus(regionSentence(regions, at), 15_000);
    // The hover says more, and screen readers read it.
    await commands.executeCommand('editor.action.showHover', { focus: 'noAutoFocus' });
  };

  return {
    async 'verbatim.openRegion'(target: RegionTarget | RegionNode) {
      const { study, documentId, firstLine } = 'kind' in target ? targetOf(target) : target;
      const own = ++nAsked;
      const closed = gate.closedFolders();
      const map = await server.request(getHeatMap, {
        ...{ study, documentId },
        ...(closed === undefined ? {} : { closed }),
      });
      if (own !== nAsked) return; // A late answer replaces no newer one.
      const uri = mapUri(study, documentId, map.provenance);
      texts.expect(uri, map);
      await files.openWith([[uri, map.text]], async () => {
        const editor = await columns.showAlone(uri);
        const heat = await texts.of(editor.document);
        const at = map.regions.findIndex((region) => region.firstLine === firstLine);
        if (heat !== undefined && map.regions.length > 0) goTo(editor, heat, Math.max(0, at));
      });
      tickStep('map');
      if (map.problem !== null) showStatus(forLabel(map.problem), 15_000);
    },
    'verbatim.nextRegion': () => step(1),
    'verbatim.previousRegion': () => step(-1),
    async 'verbatim.measureTokens'() {
      const { editor, heat } = await inFront();
      if (texts.stop(editor.document)) return;
      if (typeof heat.tokens === 'object') showStatus(l10n.t('The tokens are measured already.'), 5_000);
      else await texts.measure(editor.document);
    },
    async 'verbatim.showHeatLegend'() {
      const { heat } = await inFront();
      const title = l10n.t('Heat map: how likely each token is');
      const chosen = await window.showQuickPick(legendItems(heat), { title, matchOnDetail: true });
      if (chosen?.command !== undefined) await commands.executeCommand(chosen.command);
    },
  };
}

function goTo(editor: TextEditor, { map, places }: OpenHeat, at: number): void {
  const { start, end } = map.regions[at]!;
  const [from, to] = [places.of(start), places.of(end)];
  // Only the place, not the text, is selected: a selection would hide the colours.
  editor.selection = new Selection(from.line, from.character, from.line, from.character);
  const [shown] = editor.visibleRanges;
  const isLong = shown !== undefined && to.line - from.line > shown.end.line - shown.start.line;
  // What stands before it shows where the model begins to know the text.
  const first = Math.max(0, from.line - CONTEXT_LINES);
  editor.revealRange(
    new Range(first, 0, to.line, to.character),
    isLong ? TextEditorRevealType.AtTop : TextEditorRevealType.InCenterIfOutsideViewport,
  );
}

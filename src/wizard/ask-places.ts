// Asks for places, such as a model or training data: those of before, folders and files of this machine, or a name
// of the Hub. It does not know what they are for.

import { basename } from 'node:path';
import { l10n, type OpenDialogOptions, type QuickPickItem, window } from 'vscode';
import { forLabel } from '../../guard/text/for-label.ts';
import { type Answer, answered, askChoice, askText, type Step } from './multi-step.ts';

export type Places = readonly string[];

/** One way to name places. */
export interface PlaceWay extends QuickPickItem {
  /** Undefined if its dialog was closed. */
  readonly ask: (at: Step) => Promise<Answer<Places> | undefined>;
}

const HUB_NAME = /^[\w.-]+\/[\w.-]+(@[\w./-]+)?(#[\w.-]+)?(\/\S*)?$/;

export async function askPlaces(
  at: Step,
  question: string,
  ways: readonly PlaceWay[],
): Promise<Answer<Places>> {
  for (;;) {
    const way = await askChoice(
      at,
      question,
      ways.map((each) => ({ ...each, value: each })),
    );
    if (way.kind !== 'answered') return way;
    const places = await way.value.ask(at);
    if (places !== undefined && places.kind !== 'back') return places;
  }
}

/** Places that were used before, to be offered on top. */
export const usedBefore = (recent: readonly Places[]): readonly PlaceWay[] =>
  recent.map((places) => {
    const [place = '', ...others] = places;
    const more = others.length === 0 ? '' : l10n.t(' and {0} more', others.length);
    return {
      label: `$(history) ${forLabel(basename(place))}${more}`,
      description: l10n.t('used before'),
      detail: forLabel(places.join(', ')),
      ask: async () => answered(places),
    };
  });

/** Most systems cannot offer files and folders in one dialog. */
export const fromDialog = (item: QuickPickItem, options: OpenDialogOptions): PlaceWay => ({
  ...item,
  async ask() {
    const chosen = await window.showOpenDialog(options);
    return chosen && answered(chosen.map(({ fsPath }) => fsPath));
  },
});

/** `prefix` makes a name a place. */
export const fromHub = (item: QuickPickItem, prompt: string, prefix: string): PlaceWay => ({
  ...item,
  async ask(at) {
    const name = await askText(at, l10n.t('{0}: owner/name, or owner/name@revision', prompt), '', (text) =>
      HUB_NAME.test(text.trim()) ? undefined : l10n.t('Names look like owner/name or owner/name@revision.'),
    );
    return name.kind === 'answered' ? answered([prefix + name.value]) : name;
  },
});

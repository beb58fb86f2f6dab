// Looks for memorised code in the text that the user has open, whoever wrote it: only when asked, and only against
// the studies that the view lists.

import { CancellationError, l10n, type TextDocument, type Uri, window } from 'vscode';
import { findMemorised, type MemorisedText } from '../protocol/find-memorised.ts';
import type { StudyId } from '../protocol/study.ts';
import type { CommandMap } from './command-map.ts';
import type { TextMarks } from './decorations/text-marks.ts';
import { lineRange } from './documents/line-range.ts';
import { SAMPLE_SCHEME } from './documents/text-ref.ts';
import { UserFault } from './failure.ts';
import { showInformation, showStatus, withNotification } from './notify.ts';
import type { SearchCount } from './search-count.ts';
import { readSetting } from './settings.ts';
import { listedStudies } from './studies/listed-studies.ts';
import type { StudyLocation } from './studies/study-location.ts';
import type { StudyServer } from './study-server.ts';
import { requireTrust } from './trust/require-trust.ts';

export function findMemorisedCommand(
  server: StudyServer,
  location: StudyLocation,
  marks: Pick<TextMarks, 'track'>,
  count: Pick<SearchCount, 'note'>,
): Pick<CommandMap, 'verbatim.findMemorised'> {
  return {
    async 'verbatim.findMemorised'(given) {
      requireTrust(l10n.t('Texts are only compared with studies in trusted workspaces.'));
      const document = await documentOf(given);
      if (document.uri.scheme === SAMPLE_SCHEME) return; // Its study has marked it.
      const studies = await listed(server, location);
      if (studies.length === 0) {
        throw new UserFault(
          l10n.t('There is no study to compare this text with.'),
          l10n.t('Run one first, or open one (Verbatim: Open Study File).'),
        );
      }
      const found = await search(server, studies, document);
      marks.track(
        document,
        'study',
        found.marks.map((mark) => ({ ...mark, from: 'study', sampleId: null })),
      );
      count.note(document, found.marks.length);
      tell(document, found, studies.length);
    },
  };
}

async function documentOf(given: Uri | undefined): Promise<TextDocument> {
  const document = window.activeTextEditor?.document;
  if (given !== undefined && given.toString() !== document?.uri.toString()) {
    return (await window.showTextDocument(given, { preview: true })).document;
  }
  if (document === undefined) {
    throw new UserFault(l10n.t('No text is open.'), l10n.t('Open a file first.'));
  }
  return document;
}

async function listed(server: StudyServer, location: StudyLocation): Promise<readonly StudyId[]> {
  const inFolders = await listedStudies(server, location);
  return [...new Set([...inFolders.map(({ id }) => id), ...location.opened()])];
}

/** Marks the text as it is when the answer comes: what is typed meanwhile is searched once more. */
function search(
  server: StudyServer,
  studies: readonly StudyId[],
  document: TextDocument,
): Thenable<MemorisedText> {
  const title = l10n.t('Looking for memorised code');
  return withNotification(title, async (_, token) => {
    for (;;) {
      const { version } = document;
      const found = await server.request(findMemorised, { studies, text: document.getText() }, token);
      if (token.isCancellationRequested) throw new CancellationError();
      if (document.version === version) return found;
    }
  });
}

function tell(
  document: TextDocument,
  { marks, nFragments, unsearched }: MemorisedText,
  nStudies: number,
): void {
  const [first] = marks;
  const editor = window.visibleTextEditors.find((visible) => visible.document === document);
  if (first !== undefined) editor?.revealRange(lineRange(first));
  const unknown = l10n.t(
    'Not looked through: {0} of {1} studies, without fragments so far or too slow.',
    unsearched.length,
    nStudies,
  );
  const isHidden = first !== undefined && !readSetting('decorations.enabled');
  const text = [
    first === undefined
      ? l10n.t('None of {0} memorised fragments is in this text.', nFragments.toLocaleString())
      : marks.length === 1
        ? l10n.t('1 memorised piece is in this text.')
        : l10n.t('{0} memorised pieces are in this text.', marks.length.toLocaleString()),
    ...(unsearched.length > 0 ? [unknown] : []),
    ...(isHidden ? [l10n.t('Decorations are switched off.')] : []),
  ].join(' ');
  // A finding shows itself; anything else has to be said.
  if (first !== undefined && unsearched.length === 0 && !isHidden) showStatus(text, 15_000);
  else void showInformation(text);
}

// This room's composition root: texts of studies and of the index as read-only files, and samples beside training
// documents.

import { Disposable, type Uri, workspace } from 'vscode';
import type { TextMarks } from '../decorations/text-marks.ts';
import type { StudyLocation } from '../studies/study-location.ts';
import type { StudyServer } from '../study-server.ts';
import type { WorkspaceGate } from '../trust/workspace-gate.ts';
import { ComparisonContext } from './comparison-context.ts';
import { Comparisons } from './comparisons.ts';
import { OpenTexts } from './open-texts.ts';
import { quietLanguages } from './quiet-languages.ts';
import { SideBySide } from './side-by-side.ts';
import { StudyFiles } from './study-files.ts';
import { StudyTexts } from './study-texts.ts';
import { SAMPLE_SCHEME, SOURCE_SCHEME, TRAIN_SCHEME } from './text-ref.ts';

export interface StudyDocuments extends Disposable {
  readonly comparisons: Comparisons;
  readonly files: StudyFiles;
  readonly columns: SideBySide;
  readonly texts: OpenTexts;
}

export interface StudyDocumentsParts {
  readonly server: StudyServer;
  readonly location: StudyLocation;
  readonly gate: WorkspaceGate;
  readonly marks: TextMarks;
  /** Loads documents of the index. */
  readonly ofIndex: { readonly load: (uri: Uri) => Promise<string> };
}

export function studyDocuments({
  server,
  location,
  gate,
  marks,
  ofIndex,
}: StudyDocumentsParts): StudyDocuments {
  const comparisons = new Comparisons(server, gate);
  const ofStudies = new StudyTexts(server, comparisons, location, gate);
  const files = new StudyFiles({
    load: (uri) => (uri.scheme === SOURCE_SCHEME ? ofIndex : ofStudies).load(uri),
  });
  const columns = new SideBySide();
  const readonly = { isReadonly: true, isCaseSensitive: true };
  const all = Disposable.from(
    columns,
    quietLanguages(),
    new ComparisonContext(columns),
    ...[SAMPLE_SCHEME, TRAIN_SCHEME, SOURCE_SCHEME].map((scheme) =>
      workspace.registerFileSystemProvider(scheme, files, readonly),
    ),
    workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration('verbatim.sensitive')) files.readAgain();
    }),
  );
  const texts = new OpenTexts(server, comparisons, files, marks, columns);
  return { comparisons, files, columns, texts, dispose: () => all.dispose() };
}

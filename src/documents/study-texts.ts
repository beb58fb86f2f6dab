// Fetches the texts behind our two URI schemes from the server, for VS Code's editors. It holds none of them.

import { l10n, type TextDocumentContentProvider, type Uri, workspace } from 'vscode';
import type { TextRange } from '../../protocol/fragments.ts';
import { getDocument, getFragment, getSample } from '../../protocol/requests.ts';
import type { StudyId } from '../../protocol/study.ts';
import type { StudyLocation } from '../studies/study-location.ts';
import type { StudyServer } from '../study-server.ts';
import { type Highlight, parseTextUri, SAMPLE_SCHEME } from './text-ref.ts';

export interface LoadedText {
  readonly text: string;
  /** Where the fragment is in `text`, which may be a part of the document. */
  readonly range: TextRange;
  /** Why this is not the whole document, or null. */
  readonly problem: string | null;
}

export class StudyTexts implements TextDocumentContentProvider {
  readonly #server: StudyServer;
  readonly #location: StudyLocation;

  constructor(server: StudyServer, location: StudyLocation) {
    this.#server = server;
    this.#location = location;
  }

  async provideTextDocumentContent(uri: Uri): Promise<string> {
    const ref = parseTextUri(uri);
    if (ref === null) throw new Error(`Not a text of a study: ${uri}`);
    const { study, id } = ref;
    if (ref.scheme === SAMPLE_SCHEME) {
      return (await this.#server.request(getSample, { study, sampleId: id })).text;
    }
    return (await this.loadTrain(study, id, ref.highlight)).text;
  }

  /** `highlight` is in the document's own lines. */
  async loadTrain(study: StudyId, documentId: number, highlight: Highlight | null): Promise<LoadedText> {
    if (!workspace.isTrusted && this.#location.isInWorkspace(study)) {
      return this.#loadUntrusted(study, highlight);
    }
    const document = await this.#server.request(getDocument, { study, documentId });
    const shift = document.firstLine - 1;
    return {
      text: document.text,
      range: {
        firstLine: (highlight?.firstLine ?? 1) - shift,
        lastLine: (highlight?.lastLine ?? 1) - shift,
      },
      problem: document.problem,
    };
  }

  /** A study file that came with an untrusted workspace may name any file as its corpus: open none. */
  async #loadUntrusted(study: StudyId, highlight: Highlight | null): Promise<LoadedText> {
    const problem = l10n.t('This workspace is not trusted, so its training data is not opened.');
    if (highlight === null) return { text: problem, range: { firstLine: 1, lastLine: 1 }, problem };
    const { fingerprint } = highlight;
    const { text, nLines } = await this.#server.request(getFragment, { study, fingerprint });
    return { text, range: { firstLine: 1, lastLine: nLines }, problem };
  }
}

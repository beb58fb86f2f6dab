// Fetches the texts behind our two URI schemes from the server. It holds none of them, only why one is an excerpt.

import { FileSystemError, l10n, type Uri, workspace } from 'vscode';
import type { TextRange } from '../../protocol/fragments.ts';
import { getDocument, getFragment, getSample } from '../../protocol/requests.ts';
import type { StudyId } from '../../protocol/study.ts';
import type { StudyLocation } from '../studies/study-location.ts';
import type { StudyServer } from '../study-server.ts';
import { type Highlight, parseTextUri, SAMPLE_SCHEME } from './text-ref.ts';

export interface LoadedText {
  readonly text: string;
  /** Where the fragment is in `text`, which may be the fragment alone. */
  readonly range: TextRange;
  /** Why this is not the whole document, or null. */
  readonly problem: string | null;
}

export class StudyTexts {
  readonly #server: StudyServer;
  readonly #location: StudyLocation;
  /** Of training documents that could not be opened when last tried, by study and id: why. */
  readonly #problems = new Map<string, string>();

  constructor(server: StudyServer, location: StudyLocation) {
    this.#server = server;
    this.#location = location;
  }

  async load(uri: Uri): Promise<string> {
    const ref = parseTextUri(uri);
    if (ref === null) throw FileSystemError.FileNotFound(uri);
    const { study, id } = ref;
    if (ref.scheme === SAMPLE_SCHEME) {
      return (await this.#server.request(getSample, { study, sampleId: id })).text;
    }
    return (await this.loadTrain(study, id, ref.highlight)).text;
  }

  /** Why a training document is not shown as a whole, if it is not. */
  problemOf(study: StudyId, documentId: number): string | undefined {
    return this.#problems.get(JSON.stringify([study, documentId]));
  }

  /** `highlight` is in the document's own lines. */
  async loadTrain(study: StudyId, documentId: number, highlight: Highlight | null): Promise<LoadedText> {
    const loaded = await this.#openTrain(study, documentId, highlight);
    const key = JSON.stringify([study, documentId]);
    if (loaded.problem === null) this.#problems.delete(key);
    else this.#problems.set(key, loaded.problem);
    return loaded;
  }

  async #openTrain(study: StudyId, documentId: number, highlight: Highlight | null): Promise<LoadedText> {
    if (!workspace.isTrusted && this.#location.isInWorkspace(study)) {
      // A study file that came with the workspace may name any file as its corpus: open none.
      const problem = l10n.t('This workspace is not trusted, so its training data is not opened');
      return this.#loadFragment(study, highlight, problem, problem);
    }
    const { text, problem } = await this.#server.request(getDocument, { study, documentId });
    if (problem !== null) return this.#loadFragment(study, highlight, problem, text);
    const { firstLine = 1, lastLine = 1 } = highlight ?? {};
    return { text, range: { firstLine, lastLine }, problem: null };
  }

  /** The fragment's own stored text, where the document cannot be had. */
  async #loadFragment(
    study: StudyId,
    highlight: Highlight | null,
    problem: string,
    fallback: string,
  ): Promise<LoadedText> {
    if (highlight === null) return { text: fallback, range: { firstLine: 1, lastLine: 1 }, problem };
    const { fingerprint } = highlight;
    const { text, nLines } = await this.#server.request(getFragment, { study, fingerprint });
    return { text, range: { firstLine: 1, lastLine: nLines }, problem };
  }
}

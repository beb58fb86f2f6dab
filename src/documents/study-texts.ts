// Fetches the texts behind our two URI schemes from the server, for editors that VS Code restored. It holds none of them.

import { FileSystemError, type Uri } from 'vscode';
import { getDocument, getSample } from '../../protocol/requests.ts';
import type { StudyServer } from '../study-server.ts';
import type { Comparisons } from './comparisons.ts';
import { parseTextUri, SAMPLE_SCHEME } from './text-ref.ts';

export class StudyTexts {
  readonly #server: Pick<StudyServer, 'request'>;
  readonly #comparisons: Pick<Comparisons, 'load'>;

  constructor(server: Pick<StudyServer, 'request'>, comparisons: Pick<Comparisons, 'load'>) {
    this.#server = server;
    this.#comparisons = comparisons;
  }

  async load(uri: Uri): Promise<string> {
    const ref = parseTextUri(uri);
    if (ref === null) throw FileSystemError.FileNotFound(uri);
    const { study, id, highlight } = ref;
    if (ref.scheme === SAMPLE_SCHEME) {
      return (await this.#server.request(getSample, { study, sampleId: id })).text;
    }
    if (highlight === null) return (await this.#server.request(getDocument, { study, documentId: id })).text;
    return (await this.#comparisons.load(ref, highlight)).document.text ?? '';
  }
}

// Fetches the texts behind our two URI schemes from the server, for editors that VS Code restored. It holds no text.

import { FileSystemError, type Uri } from 'vscode';
import { getDocument, getSample } from '../../protocol/requests.ts';
import type { StudyLocation } from '../studies/study-location.ts';
import type { StudyServer } from '../study-server.ts';
import type { WorkspaceGate } from '../trust/workspace-gate.ts';
import type { Comparisons } from './comparisons.ts';
import { parseTextUri, SAMPLE_SCHEME } from './text-ref.ts';

export class StudyTexts {
  readonly #server: Pick<StudyServer, 'request'>;
  readonly #comparisons: Pick<Comparisons, 'load'>;
  readonly #location: Pick<StudyLocation, 'isListed'>;
  readonly #gate: Pick<WorkspaceGate, 'closedFolders'>;

  constructor(
    server: Pick<StudyServer, 'request'>,
    comparisons: Pick<Comparisons, 'load'>,
    location: Pick<StudyLocation, 'isListed'>,
    gate: Pick<WorkspaceGate, 'closedFolders'>,
  ) {
    this.#server = server;
    this.#comparisons = comparisons;
    this.#location = location;
    this.#gate = gate;
  }

  async load(uri: Uri): Promise<string> {
    const ref = parseTextUri(uri);
    if (ref === null) throw FileSystemError.FileNotFound(uri);
    const { study, id, highlight } = ref;
    const closed = this.#gate.closedFolders();
    // Anybody can write a link. In a workspace that nobody trusts it leads to what the view lists, and to nothing else.
    if (closed !== undefined && !this.#location.isListed(study)) throw FileSystemError.NoPermissions(uri);
    if (ref.scheme === SAMPLE_SCHEME) {
      return (await this.#server.request(getSample, { study, sampleId: id })).text;
    }
    if (highlight === null) {
      const request = { study, documentId: id, ...(closed === undefined ? {} : { closed }) };
      return (await this.#server.request(getDocument, request)).text;
    }
    return (await this.#comparisons.load(ref, highlight)).document.text ?? '';
  }
}

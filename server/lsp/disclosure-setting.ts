// Whether who looks has chosen to see sensitive content.

import type { Connection } from 'vscode-languageserver/node';
import type { Disclosure } from '../answers/undisclosed.ts';

/** Asks the client for `verbatim.sensitive.show`, each time anew; who cannot be asked has not chosen. */
export class DisclosureSetting {
  readonly #connection: Connection;
  #canAsk = false;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  learn(workspace: { readonly configuration?: boolean } | undefined): void {
    this.#canAsk = workspace?.configuration === true;
  }

  async read(): Promise<Disclosure> {
    if (!this.#canAsk) return 'masked';
    const show: unknown = await this.#connection.workspace.getConfiguration('verbatim.sensitive.show');
    return show === true ? 'shown' : 'masked';
  }
}

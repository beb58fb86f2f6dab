// The thread in which files are chosen by patterns, some of which may be those of a data set's card.

import { readFileSync } from 'node:fs';
import { answerGuarded } from '../guard/answer-guarded.ts';
import { readConfigurations } from './data-set-card.ts';
import type { HubName } from './hub-name.ts';
import type { RepositoryFile } from './list-repository.ts';
import { selectShards } from './select-files.ts';

export interface SelectRequest {
  readonly name: HubName;
  readonly files: readonly RepositoryFile[];
  /** The card's file, where subsets may be declared. */
  readonly card: string | null;
}

answerGuarded<SelectRequest, readonly RepositoryFile[]>(({ name, files, card }) =>
  selectShards(name, files, card === null ? new Map() : readConfigurations(read(card))),
);

function read(card: string): string {
  try {
    return readFileSync(card, 'utf8');
  } catch {
    return ''; // It is not here: then it declares nothing.
  }
}

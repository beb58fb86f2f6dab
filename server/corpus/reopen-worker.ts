// The thread in which a row is read again.

import { answerGuarded } from '../guard/answer-guarded.ts';
import { type ReopenRequest, reopenRow } from './reopen-row.ts';

answerGuarded<ReopenRequest, Uint8Array | undefined>(({ shard, place, restart }, beat) =>
  reopenRow(shard, place, restart, new AbortController().signal, beat),
);

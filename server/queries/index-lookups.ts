// Texts looked up in indexes. An index stays open while it is asked, since opening it takes longer than asking it, and is
// closed a while after.

import type { CheckedText, checkWithIndex as request } from '../../protocol/checked-text.ts';
import { checkText } from '../corpus-index/check-text.ts';
import { CorpusIndex } from '../corpus-index/corpus-index.ts';
import { UserError } from '../errors.ts';
import { bytesOfString } from '../text/text-strings.ts';

type Params = NonNullable<typeof request.types>['params'];

const MAX_TEXT_BYTES = 16 << 20;
/** After so long an answer tells what was opened until then. */
const LIMIT_MS = 5000;
const IDLE_MS = 30_000;

interface OpenIndex {
  readonly index: CorpusIndex;
  readonly root: string | undefined;
  nAsking: number;
  timer?: NodeJS.Timeout;
}

const open = new Map<string, OpenIndex>();

export async function checkWithIndex(
  { index: folder, root, text }: Params,
  signal: AbortSignal,
): Promise<CheckedText> {
  const bytes = bytesOfString(text);
  if (bytes.length > MAX_TEXT_BYTES) {
    throw new UserError(`The text has ${bytes.length} bytes, and ${MAX_TEXT_BYTES} are looked up at most.`, {
      action: 'Look a part of it up, or the whole from the command line: verbatim index check.',
    });
  }
  const held = hold(folder, root);
  held.nAsking++;
  clearTimeout(held.timer);
  try {
    return await checkText(held.index, bytes, { signal, limitMs: LIMIT_MS });
  } catch (error) {
    // What is damaged may be repaired by the next question.
    if (open.get(folder) === held) open.delete(folder);
    throw error;
  } finally {
    held.nAsking--;
    if (held.nAsking === 0) closeLater(folder, held);
  }
}

function hold(folder: string, root: string | undefined): OpenIndex {
  const held = open.get(folder);
  if (held && held.root === root && held.index.isCurrent()) return held;
  const opened: OpenIndex = { index: new CorpusIndex(folder, root), root, nAsking: 0 };
  open.set(folder, opened);
  if (held?.nAsking === 0) close(held);
  return opened;
}

function closeLater(folder: string, held: OpenIndex): void {
  if (open.get(folder) !== held) {
    close(held);
    return;
  }
  held.timer = setTimeout(() => {
    open.delete(folder);
    close(held);
  }, IDLE_MS);
  held.timer.unref();
}

function close(held: OpenIndex): void {
  clearTimeout(held.timer);
  held.index[Symbol.dispose]();
}

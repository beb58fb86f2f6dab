// The process that reads study files for the server. Whatever a file does to it, the server goes on without it: it ends
// with the server, and by itself when it is stuck.

import { VerbatimError } from '../errors.ts';
import { endWhenStuck } from '../guard/end-when-stuck.ts';
import { endWithParent } from '../guard/end-with-parent.ts';
import { diagnose } from '../store/study-damage.ts';
import { limitMemoryOfStudies } from '../store/study-memory.ts';
import { systemFailure } from '../system-failure.ts';
import type { ReaderAnswer, ReaderFailure, ReaderRequest } from './reader-messages.ts';
import { studyAnswers } from './study-answers.ts';

const [cpuMs] = process.argv.slice(2).map(Number);
process.on('disconnect', () => process.exit());
await Promise.all([endWithParent(0), endWhenStuck(cpuMs!)]);
limitMemoryOfStudies();

const running = new Map<number, AbortController>();
const send = (answer: ReaderAnswer) => process.send?.(answer);

// What came before is handed on now: nothing is read before somebody watches over it.
process.on('message', async (request: ReaderRequest) => {
  const { id } = request;
  if (request.kind === 'stop') return running.get(id)?.abort();
  const stop = new AbortController();
  running.set(id, stop);
  try {
    const answer = studyAnswers.get(request.method)!;
    const result = await answer(request.params, { disclosure: request.disclosure, signal: stop.signal });
    send({ kind: 'result', id, result });
  } catch (cause) {
    const error = systemFailure(cause) ?? diagnose(cause, studiesOf(request.params));
    send({ kind: 'failure', id, failure: describe(error) });
  } finally {
    running.delete(id);
  }
});

function studiesOf(params: unknown): readonly string[] {
  const { study, studies } = params as { readonly study?: string; readonly studies?: readonly string[] };
  return studies ?? (study === undefined ? [] : [study]);
}

function describe(error: unknown): ReaderFailure {
  if (error instanceof VerbatimError) {
    return { code: error.code, message: error.message, action: error.action, stack: undefined };
  }
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  return { code: 'bug', message, action: undefined, stack };
}

// Says on stderr why a command failed, and which exit code that is: 1 failed, 2 bad usage, 130 interrupted.

import { Cancelled, HandedOver, UserError, VerbatimError } from '../errors.ts';
import { systemFailure } from '../system-failure.ts';
import { tell, tellBug } from './tell.ts';

export function explain(cause: unknown): number {
  const error = systemFailure(cause) ?? cause;
  // Whoever reads the output has had enough, as in `verbatim report … | head`.
  if (error instanceof VerbatimError && (error.cause as NodeJS.ErrnoException)?.code === 'EPIPE') return 1;
  if (error instanceof HandedOver) {
    if (error.isForShow) process.stdout.write(`${error.message}\n`);
    else
      tell(
        `Handed over: ${error.message}`,
        'Run the same command again to follow it, and to have what is done.',
      );
    return 0;
  }
  if (error instanceof Cancelled) {
    tell('Stopped. Run the same command again to go on.');
    return 130;
  }
  if (error instanceof VerbatimError) {
    tell(`verbatim: ${error.message}`, ...(error.action === undefined ? [] : [`  ${error.action}`]));
    return error instanceof UserError ? 2 : 1;
  }
  tellBug(error);
  return 1;
}

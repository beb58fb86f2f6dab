// `verbatim …`: the composition root of the command line. It only maps words to work and failures to exit
// codes: 0 complete, 1 failed, 2 bad usage, 3 partial, 4 a condition of --fail-on is met, 130 interrupted.

import { CommanderError } from 'commander';
import { createProgram } from './cli/program.ts';
import { tell, tellBug } from './cli/tell.ts';
import { Cancelled, UserError, VerbatimError } from './errors.ts';
import { systemFailure } from './system-failure.ts';

process.stdout.on('error', (error) => process.exit(explain(systemFailure(error) ?? error)));
try {
  await createProgram().parseAsync();
} catch (error) {
  process.exitCode = explain(systemFailure(error) ?? error);
}

/** Says what went wrong on stderr and gives the exit code. */
function explain(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  // Whoever reads the output has had enough, as in `verbatim report … | head`.
  if (error instanceof VerbatimError && (error.cause as NodeJS.ErrnoException)?.code === 'EPIPE') return 1;
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

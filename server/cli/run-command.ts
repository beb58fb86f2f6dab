// Runs the command that the arguments name. The exit codes are in exit-codes.ts.

import { CommanderError } from 'commander';
import { VerbatimError } from '../errors.ts';
import { systemFailure } from '../system-failure.ts';
import { explain } from './explain-failure.ts';
import { createProgram } from './program.ts';

export async function runCommand(): Promise<void> {
  try {
    await createProgram().parseAsync();
  } catch (error) {
    process.exitCode = explain(await reasonOf(error));
  }
}

/** A failure that nobody foresaw may be a damaged study’s: those that the command opened are looked through. */
async function reasonOf(error: unknown): Promise<unknown> {
  const isKnown = error instanceof VerbatimError || error instanceof CommanderError;
  if (isKnown || systemFailure(error) !== undefined) return error;
  const { diagnoseOpened } = await import('../store/study-damage.ts');
  return diagnoseOpened(error);
}

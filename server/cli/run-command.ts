// Runs the command that the arguments name. The exit codes are in exit-codes.ts.

import { CommanderError } from 'commander';
import { VerbatimError } from '../errors.ts';
import { systemFailure } from '../system-failure.ts';
import { explain } from './explain-failure.ts';
import { createProgram } from './program.ts';

export async function runCommand(): Promise<void> {
  try {
    const program = await createProgram(process.argv[2]);
    await program.parseAsync();
  } catch (error) {
    process.exitCode = error instanceof CommanderError ? usageCode(error) : explain(await reasonOf(error));
  }
}

/** Commander has said what is wrong with the words, or helped. */
const usageCode = ({ exitCode }: CommanderError): number => (exitCode === 0 ? 0 : 2);

/** A failure that nobody foresaw may be a damaged study’s: those that the command opened are looked through. */
async function reasonOf(error: unknown): Promise<unknown> {
  if (error instanceof VerbatimError || systemFailure(error) !== undefined) return error;
  const { diagnoseOpened } = await import('../store/study-damage.ts');
  return diagnoseOpened(error);
}

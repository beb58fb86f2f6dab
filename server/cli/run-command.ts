// Runs the command that the arguments name. The exit codes are in exit-codes.ts.

import { explain } from './explain-failure.ts';
import { createProgram } from './program.ts';

export async function runCommand(): Promise<void> {
  try {
    await createProgram().parseAsync();
  } catch (error) {
    process.exitCode = explain(error);
  }
}

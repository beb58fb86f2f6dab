// `verbatim …`: the composition root of the command line. Long commands run in a thread, so that this one hears
// signals; the others run here, which is faster.

import { explain } from './cli/explain-failure.ts';
import { isLong, runInThread } from './cli/thread-of-command.ts';
import { endWithParent } from './guard/end-with-parent.ts';

// Under an older Node's command, this one must not outlive it.
if (process.env.VERBATIM_RELAUNCHED) void endWithParent(0);
process.stdout.on('error', (error) => process.exit(explain(error)));
if (isLong(process.argv.slice(2))) {
  process.exitCode = await runInThread().catch(explain);
} else {
  const { runCommand } = await import('./cli/run-command.ts');
  await runCommand();
}

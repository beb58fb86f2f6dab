// `verbatim check`: files, or only the lines of them that changed or that an AI wrote, looked up in an index.

import { Command, Option } from 'commander';
import { failOnOption } from './fail-on-option.ts';
import type { CheckRequest } from './index-requests.ts';

const checkFormats = ['table', 'json', 'sarif'] as const satisfies readonly CheckRequest['format'][];

export function checkCommand(): Command {
  return new Command('check')
    .description('Look files up in the index of a corpus, for review and for builds.')
    .argument(
      '[files...]',
      'files to check, or folders of them; left out: those with lines that are chosen otherwise',
    )
    .option('--index <dir>', 'folder of the index (default: the variable VERBATIM_INDEX)')
    .option('--root <dir>', 'folder that the corpus was moved to')
    .option('--changed-since <revision>', 'only matches with a line that changed since this commit')
    .addOption(
      new Option('--ai-lines <source>', 'only matches with a line that an AI wrote, as it was noted').choices(
        ['git-ai', 'agent-trace'],
      ),
    )
    .option(
      '--agent-trace <file>',
      'records of Agent Trace (default: .agent-trace/traces.jsonl in the repository)',
    )
    .addOption(new Option('--format <name>', 'how').choices(checkFormats).default('table'))
    .option('--baseline <file>', 'accepted fragments (default: .verbatim-baseline.json here, if it is there)')
    .addOption(failOnOption())
    .action(async (files: readonly string[], request: CheckRequest) => {
      const { runCheckFiles } = await import('./check-files.ts');
      await runCheckFiles(files, request);
    });
}

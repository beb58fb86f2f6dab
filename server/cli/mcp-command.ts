// `verbatim mcp`: what agents may ask, over standard input and output.

import { resolve } from 'node:path';
import { Command } from 'commander';

interface Options {
  readonly index?: string;
  readonly root?: string;
  readonly studies: string;
}

export function mcpCommand(): Command {
  return new Command('mcp')
    .description('Serve agents over the Model Context Protocol (stdio): check code, tell of studies.')
    .option(
      '--index <dir>',
      'folder of the index that code is looked up in (default: the variable VERBATIM_INDEX)',
    )
    .option('--root <dir>', 'folder that the corpus was moved to')
    .option('--studies <dir>', 'folder of study files', '.')
    .action(async ({ index = process.env.VERBATIM_INDEX, root, studies }: Options) => {
      const { serve } = await import('../mcp/serve.ts');
      await serve({
        index: index === undefined || index === '' ? undefined : resolve(index),
        root: root === undefined ? undefined : resolve(root),
        studies: resolve(studies),
      });
    });
}

// `verbatim providers install cuda`: what a provider needs beyond what comes along. Never done by itself.

import { Command, InvalidArgumentError } from 'commander';
import { tell } from './tell.ts';
import { untilInterrupted } from './until-interrupted.ts';
import { tellLines } from './write-lines.ts';

export function providersCommand(): Command {
  const command = new Command('providers').description(
    'Install what sampling on a graphics processor needs.',
  );
  const install = command
    .command('install')
    .argument('<provider>', 'cuda', requireCuda)
    .description("Fetch NVIDIA's libraries that sampling needs into the user's data folder.")
    .option('--from <folder>', "a folder with the libraries or their wheels instead of pip's package index")
    .action(async (_provider: string, options: { readonly from?: string }) => {
      const { installCuda } = await import('../sampling/providers/install-cuda.ts');
      const folder = await untilInterrupted((signal) =>
        installCuda({
          from: options.from ?? null,
          signal,
          report: (message) => tell(message),
        }),
      );
      await tellLines([`CUDA's libraries are in ${folder}`]);
      tell('Run "verbatim doctor" to see whether it works here.');
    });
  install.exitOverride();
  return command;
}

function requireCuda(name: string): string {
  if (name === 'cuda') return name;
  throw new InvalidArgumentError('Only cuda needs to be installed; the others come along.');
}

// Which device runs a model: the same choice for every command that runs one.

import { Option } from 'commander';

export const providerOption = (meaning: string): Option =>
  new Option('--provider <name>', meaning)
    .choices(['auto', 'cpu', 'cuda', 'webgpu', 'dml', 'coreml'])
    .default('auto');

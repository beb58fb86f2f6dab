import { ARCHITECTURES, findArchitecture } from '../../../server/sampling/decoder/architectures/index.ts';
import { ConfigFile } from '../../../server/sampling/decoder/config-file.ts';
import { TINY_CONFIGS } from '../../support/sampling/tiny-configs.ts';
import { type Harness, outcomeOf } from '../harness.ts';

export const harness: Harness = {
  fileName: 'config.json',
  seeds: () => Object.values(TINY_CONFIGS).map((config) => Buffer.from(JSON.stringify(config))),
  read: (input, file) =>
    outcomeOf(() => {
      const config = new ConfigFile(file, Buffer.from(input).toString());
      const architecture = findArchitecture(config, ARCHITECTURES);
      architecture.names(architecture.read(config));
    }),
  isDamage: () => true,
};

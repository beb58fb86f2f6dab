// All architectures whose weights can be sampled, found by the configuration's `model_type`.

import type { ConfigFile } from '../config-file.ts';
import type { Architecture } from './architecture.ts';
import { gpt2 } from './gpt2.ts';
import { llama } from './llama.ts';

export const ARCHITECTURES: readonly Architecture[] = [gpt2, llama];

/** Throws a UserError that lists those that work. */
export function findArchitecture(
  config: ConfigFile,
  architectures: readonly Architecture[] = ARCHITECTURES,
): Architecture {
  const { modelType } = config;
  const found = architectures.find(({ modelTypes }) => modelTypes.some((one) => one === modelType));
  if (found !== undefined) return found;
  const supported = architectures.flatMap(({ modelTypes }) => modelTypes).join(', ');
  return config.fail(
    `the architecture ${JSON.stringify(modelType)} is not supported`,
    `Choose a model of a supported architecture: ${supported}. ` +
      'Others can be sampled, more slowly, from a folder with their ONNX export and no weights.',
  );
}

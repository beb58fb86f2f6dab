// All architectures whose weights can be sampled, found by the configuration's `model_type`.

import type { Architecture } from '../architecture.ts';
import type { ConfigFile } from '../config-file.ts';
import { gemma } from './gemma.ts';
import { gemma2, gemma3 } from './gemma2.ts';
import { gptBigCode } from './gpt-bigcode.ts';
import { gptNeoX } from './gpt-neox.ts';
import { gpt2 } from './gpt2.ts';
import { codeGen, gptJ } from './gptj.ts';
import { granite } from './granite.ts';
import { llama } from './llama.ts';
import { mistral } from './mistral.ts';
import { olmo2 } from './olmo2.ts';
import { olmo3 } from './olmo3.ts';
import { olmoe } from './olmoe.ts';
import { opt } from './opt.ts';
import { phi3 } from './phi3.ts';
import { qwen2, qwen3 } from './qwen.ts';
import { qwen3Moe } from './qwen3-moe.ts';
import { smolLm3 } from './smollm3.ts';
import { starcoder2 } from './starcoder2.ts';
import { xglm } from './xglm.ts';

export const ARCHITECTURES: readonly Architecture[] = [
  gpt2,
  gptBigCode,
  llama,
  starcoder2,
  gptNeoX,
  olmo2,
  olmo3,
  qwen2,
  qwen3,
  qwen3Moe,
  olmoe,
  mistral,
  smolLm3,
  granite,
  phi3,
  gemma,
  gemma2,
  gemma3,
  codeGen,
  gptJ,
  opt,
  xglm,
];

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

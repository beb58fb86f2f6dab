import { readPromptFile } from '../../../server/formats/read-prompt-file.ts';
import { type Harness, outcomeOf } from '../harness.ts';

export const harness: Harness = {
  fileName: 'prompts.json',
  seeds: () =>
    ['{"a":{"prompt":"def f():"},"b":{"prompt":"x"}}', '["a",{"text":"b"},{"content":"c"}]'].map((text) =>
      Buffer.from(text),
    ),
  read: (_, file) => outcomeOf(() => readPromptFile(file)),
  isDamage: () => true,
};

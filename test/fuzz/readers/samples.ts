import { readSamples } from '../../../server/formats/read-samples.ts';
import { type Harness, outcomeOf } from '../harness.ts';

const lines = ['"a\\nb"', '{"text":"def f():\\n  pass"}', '{"tokens":[1,2,3]}', ''];

export const harness: Harness = {
  fileName: 'samples.jsonl',
  seeds: () => [Buffer.from(lines.join('\n'))],
  read: (_, file) => outcomeOf(() => readSamples(file)),
};

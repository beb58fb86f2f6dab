import { compileGlob } from '../../../server/glob.ts';
import { readConfigurations } from '../../../server/hub/data-set-card.ts';
import { type Harness, outcomeOf } from '../harness.ts';

const card = `---
license: mit
configs:
- config_name: python
  data_files:
  - split: train
    path: "data/python/**/train-{0,1}*.parquet"
- config_name: all
  data_dir: data
---
# A data set
`;

export const harness: Harness = {
  seeds: () => [Buffer.from(card)],
  read: (input) =>
    outcomeOf(() => {
      for (const patterns of readConfigurations(Buffer.from(input).toString()).values())
        for (const pattern of patterns) compileGlob(pattern)('data/python/x/train-00001.parquet');
    }),
};

// The provenance of a document as labels: what the training data says of itself is text of others.

import { forLabel } from '../../guard/text/for-label.ts';
import type { Provenance } from '../../protocol/fragments.ts';

/** Every part is encoded, and unknown ones are empty. */
export const labelsOf = ({ shard, row, repository, path, license }: Provenance) => ({
  shard: forLabel(shard),
  row,
  repository: forLabel(repository),
  path: forLabel(path),
  license: forLabel(license),
});

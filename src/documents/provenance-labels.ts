// The provenance of a document as labels: what the training data says of itself is text of others.

import { l10n } from 'vscode';
import { forLabel } from '../../guard/text/for-label.ts';
import { foreign } from '../../guard/text/foreign.ts';
import type { Provenance } from '../../protocol/fragments.ts';

/** Every part is encoded, and unknown ones are empty. */
export const labelsOf = ({ shard, row, repository, path, license }: Provenance) => ({
  shard: forLabel(shard),
  row,
  repository: forLabel(repository),
  path: forLabel(path),
  license: forLabel(license),
});

/** An editor of many documents shows paths alone, so there the path says which sample, repository and licence. */
export function withHeading(provenance: Provenance, sampleId: number | null): Provenance {
  const { repository, license } = labelsOf(provenance);
  const parts = [
    ...(sampleId === null ? [] : [l10n.t('sample {0}', sampleId)]),
    license || l10n.t('licence unknown'),
    repository,
  ];
  return { ...provenance, repository: foreign(parts.filter((part) => part !== '').join(' · ')) };
}

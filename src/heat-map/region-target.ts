// What is opened as a heat map: a document, and a region in it.

import type { StudyId } from '../../protocol/study.ts';
import type { RegionNode } from '../tree/tree-node.ts';

/** A document of a map, and the region to go to; its first one if none is named. */
export interface RegionTarget {
  readonly study: StudyId;
  readonly documentId: number;
  /** A line of the region. */
  readonly firstLine?: number;
}

export const targetOf = ({ study, region }: RegionNode): RegionTarget => ({
  study,
  documentId: region.documentId,
  firstLine: region.firstLine,
});

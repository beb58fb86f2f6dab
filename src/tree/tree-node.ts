// The nodes of the studies view, as data. Every node knows its parent, and names itself by ids alone, so that
// a node made again after a refresh is the same node to VS Code.

import { rawText } from '../../guard/text/foreign.ts';
import type { MapRegion, RegionGroup, RegionGrouping } from '../../protocol/extraction-map.ts';
import type { SampleOccurrence, TrainOccurrence } from '../../protocol/fragments.ts';
import type { StudyId, StudySummary } from '../../protocol/study.ts';
import type { FragmentGroup, Grouping, ListedFragment } from '../../protocol/views.ts';

export interface StudyNode {
  readonly kind: 'study';
  readonly study: StudyId;
  readonly summary: StudySummary;
}

/** What the study wants to say besides its results: what is missing, what went wrong. */
export interface NoticeNode {
  readonly kind: 'notice';
  readonly severity: 'info' | 'warning' | 'error';
  readonly name: string;
  readonly study: StudyId;
  readonly parent: PagedNode | null;
  readonly text: string;
  readonly tooltip?: string;
  /** The file cannot be read as a study, and the user may take it off the list. */
  readonly isForgettable?: true;
  /** The command of a click on it, which is given the study. */
  readonly command?: string;
}

/** Fragments that share a category, a licence, a repository or a sample. */
export interface ClusterNode {
  readonly kind: 'cluster';
  readonly study: StudyId;
  readonly parent: StudyNode;
  readonly grouping: Grouping;
  readonly group: FragmentGroup;
}

/** The other fragments of a family, under the one that stands for it. */
export interface FamilyNode {
  readonly kind: 'family';
  readonly study: StudyId;
  readonly parent: FragmentNode;
  readonly fragment: ListedFragment;
}

export interface FragmentNode {
  readonly kind: 'fragment';
  readonly study: StudyId;
  readonly parent: StudyNode | ClusterNode | FamilyNode;
  readonly fragment: ListedFragment;
}

export interface GroupNode {
  readonly kind: 'train-group' | 'sample-group';
  readonly study: StudyId;
  readonly parent: FragmentNode;
  readonly fragment: ListedFragment;
}

export interface TrainNode {
  readonly kind: 'train';
  readonly study: StudyId;
  readonly parent: GroupNode;
  readonly fragment: ListedFragment;
  readonly occurrence: TrainOccurrence;
}

export interface SampleNode {
  readonly kind: 'sample';
  readonly study: StudyId;
  readonly parent: GroupNode;
  readonly fragment: ListedFragment;
  readonly occurrence: SampleOccurrence;
}

/** The regions of an extraction map, in one of its orders. */
export interface MapViewNode {
  readonly kind: 'map-view';
  readonly study: StudyId;
  readonly parent: StudyNode;
  readonly by: RegionGrouping;
}

/** Regions of one document, of one range of probability, or of one licence. */
export interface RegionGroupNode {
  readonly kind: 'region-group';
  readonly study: StudyId;
  readonly parent: MapViewNode;
  readonly group: RegionGroup;
}

export interface RegionNode {
  readonly kind: 'region';
  readonly study: StudyId;
  readonly parent: RegionGroupNode;
  readonly region: MapRegion;
}

export interface MoreNode {
  readonly kind: 'more';
  readonly study: StudyId;
  readonly parent: PagedNode;
  /** The rows that stand above this one. */
  readonly shown: readonly TreeNode[];
  readonly total: number;
  /** Whether there are more than `total`, since nobody has counted to the end. */
  readonly isAtLeast: boolean;
}

/** A node whose children are listed in pages. */
export type PagedNode = StudyNode | ClusterNode | FamilyNode | GroupNode | MapViewNode | RegionGroupNode;

export type TreeNode = PagedNode | NoticeNode | FragmentNode | TrainNode | SampleNode | RegionNode | MoreNode;

export function isPaged(node: TreeNode): node is PagedNode {
  switch (node.kind) {
    case 'study':
    case 'cluster':
    case 'family':
    case 'train-group':
    case 'sample-group':
    case 'map-view':
    case 'region-group':
      return true;
    default:
      return false;
  }
}

/** Stable across refreshes and restarts, and unique in the tree. */
export function nodeId(node: TreeNode): string {
  switch (node.kind) {
    case 'study':
      return node.study;
    case 'notice':
      return `${node.study}#${node.name}`;
    case 'cluster':
      return `${node.study}#${node.grouping}:${rawText(node.group.name)}`;
    case 'fragment':
      return `${nodeId(node.parent)}#${node.fragment.fingerprint}`;
    case 'family':
    case 'train-group':
    case 'sample-group':
      return `${nodeId(node.parent)}/${node.kind}`;
    case 'train': {
      const { documentId, firstLine } = node.occurrence;
      return `${nodeId(node.parent)}/${documentId}:${firstLine}`;
    }
    case 'sample': {
      const { sampleId, firstLine } = node.occurrence;
      return `${nodeId(node.parent)}/${sampleId}:${firstLine}`;
    }
    case 'map-view':
      return `${node.study}#by:${node.by}`;
    case 'region-group':
      return `${nodeId(node.parent)}:${node.group.key}`;
    case 'region': {
      const { documentId, byteOffset } = node.region;
      return `${nodeId(node.parent)}/${documentId}:${byteOffset}`;
    }
    case 'more':
      return `${nodeId(node.parent)}/more`;
  }
}

/** A region has one as a fragment of the same text has. */
export const fingerprintOf = (node: FragmentNode | RegionNode): string =>
  (node.kind === 'region' ? node.region : node.fragment).fingerprint;

export function parentOf(node: TreeNode): TreeNode | null {
  return node.kind === 'study' ? null : node.parent;
}

// The pages of the studies view: what stands under a node, asked of the server from one row to another.

import { listRegionGroups, listRegions, PROBABILITY_BOUNDS } from '../../protocol/extraction-map.ts';
import type { Page, PageRequest } from '../../protocol/fragments.ts';
import { listSampleOccurrences, listTrainOccurrences } from '../../protocol/requests.ts';
import { type Grouping, listGroups, viewFragments } from '../../protocol/views.ts';
import { readSetting } from '../settings.ts';
import type { StudyLocation } from '../studies/study-location.ts';
import type { StudyServer } from '../study-server.ts';
import type {
  ClusterNode,
  FamilyNode,
  FragmentNode,
  GroupNode,
  MapViewNode,
  PagedNode,
  RegionGroupNode,
  RegionNode,
  StudyNode,
  TreeNode,
} from './tree-node.ts';
import type { ViewOptions } from './view-options.ts';

export class TreePages {
  readonly #server: StudyServer;
  readonly #location: StudyLocation;
  readonly #options: ViewOptions;

  constructor(server: StudyServer, location: StudyLocation, options: ViewOptions) {
    this.#server = server;
    this.#location = location;
    this.#options = options;
  }

  /** `grouping` is how a study's own rows are grouped. */
  load(parent: PagedNode, grouping: Grouping, request: PageRequest): Promise<Page<TreeNode>> {
    switch (parent.kind) {
      case 'study':
        return grouping === 'family' || grouping === 'flat'
          ? this.#fragments(parent, grouping, request)
          : this.#clusters(parent, grouping, request);
      case 'cluster':
        return this.#fragments(parent, parent.grouping, request);
      case 'family':
        return this.#fragments(parent, 'family', request);
      case 'train-group':
      case 'sample-group':
        return this.#occurrences(parent, request);
      case 'map-view':
        return this.#regionGroups(parent, request);
      case 'region-group':
        return this.#regions(parent, request);
    }
  }

  async #clusters(parent: StudyNode, grouping: Grouping, request: PageRequest): Promise<Page<ClusterNode>> {
    const { study } = parent;
    const page = await this.#server.request(listGroups, { ...this.#view(parent), ...request, grouping });
    return nodesOf(page, (group) => ({ kind: 'cluster', study, parent, grouping, group }));
  }

  async #fragments(
    parent: StudyNode | ClusterNode | FamilyNode,
    grouping: Grouping,
    request: PageRequest,
  ): Promise<Page<FragmentNode>> {
    const { study } = parent;
    const page = await this.#server.request(viewFragments, {
      ...this.#view(parent),
      ...request,
      grouping,
      group: parent.kind === 'cluster' ? parent.group.name : null,
      ...(parent.kind === 'family' ? { family: parent.fragment.family } : {}),
      order: readSetting('tree.order'),
    });
    return nodesOf(page, (fragment) => ({ kind: 'fragment', study, parent, fragment }));
  }

  async #occurrences(parent: GroupNode, request: PageRequest): Promise<Page<TreeNode>> {
    const { study, fragment } = parent;
    const params = { study, fingerprint: fragment.fingerprint, ...request };
    return parent.kind === 'train-group'
      ? nodesOf(
          await this.#server.request(listTrainOccurrences, params),
          (occurrence): TreeNode => ({
            ...{ kind: 'train', study, parent, fragment, occurrence },
          }),
        )
      : nodesOf(
          await this.#server.request(listSampleOccurrences, params),
          (occurrence): TreeNode => ({
            ...{ kind: 'sample', study, parent, fragment, occurrence },
          }),
        );
  }

  async #regionGroups(parent: MapViewNode, request: PageRequest): Promise<Page<RegionGroupNode>> {
    const { study, by } = parent;
    const page = await this.#server.request(listRegionGroups, { ...this.#view(parent), ...request, by });
    return nodesOf(page, (group) => ({ kind: 'region-group', study, parent, group }));
  }

  async #regions(parent: RegionGroupNode, request: PageRequest): Promise<Page<RegionNode>> {
    const { study, group } = parent;
    const page = await this.#server.request(listRegions, {
      ...this.#view(parent),
      ...request,
      ...{ by: parent.parent.by, key: group.key },
    });
    return nodesOf(page, (region) => ({ kind: 'region', study, parent, region }));
  }

  /** How many of a map's regions pass the filter: each is in one group by probability. */
  async countRegions(parent: StudyNode): Promise<number> {
    const view = { ...this.#view(parent), offset: 0, limit: PROBABILITY_BOUNDS.length };
    const { items } = await this.#server.request(listRegionGroups, { ...view, by: 'probability' });
    return items.reduce((sum, { nRegions }) => sum + nRegions, 0);
  }

  #view({ study }: PagedNode) {
    return { study, filter: this.#options.filter, baseline: this.#location.baselineFile() };
  }
}

const nodesOf = <Item, Node>(page: Page<Item>, node: (item: Item) => Node): Page<Node> => ({
  ...page,
  items: page.items.map(node),
});

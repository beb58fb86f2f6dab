// The studies view: studies, their fingerprints by count, and where each occurs. It asks the server for pages
// and keeps none of them; what it remembers is only how many pages of a node are open.

import { basename } from 'node:path';
import { Disposable, EventEmitter, type ProviderResult, type TreeDataProvider, type TreeItem } from 'vscode';
import {
  getStudy,
  listSampleOccurrences,
  listStudies,
  listTrainOccurrences,
} from '../../protocol/requests.ts';
import type { StudyId } from '../../protocol/study.ts';
import { describeStudy, type Grouping, listGroups, viewFragments } from '../../protocol/views.ts';
import type { ErrorFunnel } from '../error-funnel.ts';
import { failureOf } from '../failure.ts';
import { readSetting } from '../settings.ts';
import type { StudyLocation } from '../studies/study-location.ts';
import type { StudyRuns } from '../studies/study-runs.ts';
import type { StudyServer } from '../study-server.ts';
import {
  failedNotice,
  filteredNotice,
  leftOffNotice,
  noticesOf,
  undescribedNotice,
  unreadableNotice,
} from './notices.ts';
import { treeItem } from './tree-item.ts';
import {
  type ClusterNode,
  type FamilyNode,
  type FragmentNode,
  type GroupNode,
  type MoreNode,
  nodeId,
  type PagedNode,
  parentOf,
  type StudyNode,
  type TreeNode,
} from './tree-node.ts';
import type { ViewOptions } from './view-options.ts';

const PAGE_SIZE = 200;
/** A running study reports five times a second; its row need not be drawn as often. */
const ROW_INTERVAL_MS = 500;

export class StudyTree implements TreeDataProvider<TreeNode>, Disposable {
  readonly #server: StudyServer;
  readonly #location: StudyLocation;
  readonly #runs: StudyRuns;
  readonly #errors: ErrorFunnel;
  readonly #options: ViewOptions;
  readonly #changed = new EventEmitter<TreeNode | undefined>();
  readonly #listener: Disposable;
  /** By node id. */
  readonly #nPages = new Map<string, number>();
  /** The study rows that VS Code knows, which is what it wants named when one row changes. */
  readonly #studies = new Map<StudyId, StudyNode>();
  readonly #drawnAt = new Map<StudyId, { readonly stage: string; readonly atMs: number }>();

  readonly onDidChangeTreeData = this.#changed.event;

  constructor(
    server: StudyServer,
    location: StudyLocation,
    runs: StudyRuns,
    errors: ErrorFunnel,
    options: ViewOptions,
  ) {
    this.#server = server;
    this.#location = location;
    this.#runs = runs;
    this.#errors = errors;
    this.#options = options;
    this.#listener = Disposable.from(
      runs.onDidChange((study) => this.#onRunChange(study)),
      options.onDidChange(() => this.refresh()),
    );
  }

  dispose(): void {
    this.#listener.dispose();
    this.#changed.dispose();
  }

  refresh(): void {
    this.#changed.fire(undefined);
  }

  showMore(node: MoreNode): void {
    const id = nodeId(node.parent);
    this.#nPages.set(id, (this.#nPages.get(id) ?? 1) + 1);
    this.#changed.fire(node.parent);
  }

  /** The study's row as it is now, for revealing. */
  async find(study: StudyId): Promise<TreeNode | undefined> {
    return (await this.getChildren()).find((node) => node.study === study);
  }

  getTreeItem(node: TreeNode): TreeItem {
    return treeItem(node, node.kind === 'study' ? this.#runs.get(node.study) : undefined);
  }

  getParent(node: TreeNode): ProviderResult<TreeNode> {
    return parentOf(node);
  }

  async getChildren(node?: TreeNode): Promise<TreeNode[]> {
    try {
      return await this.#children(node);
    } catch (error) {
      const failure = this.#errors.report(error);
      const parent = isPaged(node) ? node : null;
      return failure.code === 'cancelled' ? [] : [failedNotice(node?.study ?? '', parent, failure.message)];
    }
  }

  async #children(node: TreeNode | undefined): Promise<TreeNode[]> {
    switch (node?.kind) {
      case undefined:
        return this.#roots();
      case 'study':
        return this.#underStudy(node);
      case 'cluster':
      case 'family':
        return this.#fragments(node, node.kind === 'cluster' ? node.grouping : 'family');
      case 'fragment':
        // The training places are open at first and may be many: nobody should have to scroll past them.
        return [...familyOf(node), this.#group(node, 'sample-group'), this.#group(node, 'train-group')];
      case 'train-group':
      case 'sample-group':
        return this.#occurrences(node);
      default:
        return [];
    }
  }

  async #roots(): Promise<TreeNode[]> {
    const folders = this.#location.folders();
    const listed = await Promise.all(folders.map((folder) => this.#server.request(listStudies, { folder })));
    const summaries = listed.flat();
    const known = new Set(summaries.map(({ id }) => id));
    const opened = this.#location.opened().filter((study) => !known.has(study));
    const others = await Promise.all(opened.map((study) => this.#openedRoot(study)));
    this.#studies.clear();
    const roots = [
      ...summaries.map((summary): StudyNode => ({ kind: 'study', study: summary.id, summary })),
      ...others,
    ];
    for (const root of roots) if (root.kind === 'study') this.#studies.set(root.study, root);
    return roots;
  }

  async #openedRoot(study: StudyId): Promise<TreeNode> {
    try {
      return { kind: 'study', study, summary: await this.#server.request(getStudy, { study }) };
    } catch (error) {
      return unreadableNotice(study, basename(study), failureOf(error).message);
    }
  }

  async #underStudy(parent: StudyNode): Promise<TreeNode[]> {
    const notices = noticesOf(parent, this.#runs.get(parent.study) !== undefined);
    if (!parent.summary.nFragments) return notices;
    const { study } = parent;
    const { isDescribed } = await this.#server.request(describeStudy, { study });
    if (!isDescribed)
      return [...notices, undescribedNotice(parent), ...(await this.#fragments(parent, 'flat'))];
    const { grouping } = this.#options;
    if (grouping === 'family' || grouping === 'flat') {
      return [...notices, ...(await this.#fragments(parent, grouping))];
    }
    const page = await this.#server.request(listGroups, { ...this.#view(parent), grouping });
    const clusters = page.items.map(
      (group): ClusterNode => ({ kind: 'cluster', study, parent, grouping, group }),
    );
    return [...notices, ...clusters, ...this.#more(parent, clusters.length, page.total)];
  }

  async #fragments(parent: StudyNode | ClusterNode | FamilyNode, grouping: Grouping): Promise<TreeNode[]> {
    const { study } = parent;
    const page = await this.#server.request(viewFragments, {
      ...this.#view(parent),
      grouping,
      group: parent.kind === 'cluster' ? parent.group.name : null,
      ...(parent.kind === 'family' ? { family: parent.fragment.family } : {}),
      order: readSetting('tree.order'),
    });
    const fragments = page.items.map(
      (fragment): FragmentNode => ({ kind: 'fragment', study, parent, fragment }),
    );
    return [...fragments, ...this.#more(parent, fragments.length, page.total)];
  }

  #view(parent: PagedNode) {
    return {
      study: parent.study,
      filter: this.#options.filter,
      baseline: this.#location.baselineFile(),
      offset: 0,
      limit: this.#limit(parent),
    };
  }

  #group(parent: FragmentNode, kind: GroupNode['kind']): GroupNode {
    return { kind, study: parent.study, parent, fragment: parent.fragment };
  }

  async #occurrences(parent: GroupNode): Promise<TreeNode[]> {
    const { study, fragment } = parent;
    const { fingerprint } = fragment;
    const params = { study, fingerprint, offset: 0, limit: this.#limit(parent) };
    if (parent.kind === 'train-group') {
      const page = await this.#server.request(listTrainOccurrences, params);
      const nodes = page.items.map(
        (occurrence): TreeNode => ({ kind: 'train', study, parent, fragment, occurrence }),
      );
      return [...nodes, ...this.#more(parent, nodes.length, page.total)];
    }
    const page = await this.#server.request(listSampleOccurrences, params);
    const nodes = page.items.map(
      (occurrence): TreeNode => ({ kind: 'sample', study, parent, fragment, occurrence }),
    );
    return [...nodes, ...this.#more(parent, nodes.length, page.total)];
  }

  #limit(node: TreeNode): number {
    return PAGE_SIZE * (this.#nPages.get(nodeId(node)) ?? 1);
  }

  #more(parent: PagedNode, nShown: number, total: number): TreeNode[] {
    if (nShown === 0 && this.#options.message !== undefined) return [filteredNotice(parent)];
    if (nShown >= total) return [];
    // Locations are kept up to a cap per fragment; a short page means that there are no more to show.
    if (nShown < this.#limit(parent)) {
      return [leftOffNotice(parent, total - nShown)];
    }
    return [{ kind: 'more', study: parent.study, parent, nShown, total }];
  }

  /** A new stage may have new counts; within one only the study's own row moves. */
  #onRunChange(study: StudyId): void {
    const stage = this.#runs.get(study)?.progress?.stage ?? 'none';
    const drawn = this.#drawnAt.get(study);
    const node = this.#studies.get(study);
    if (node === undefined || drawn?.stage !== stage) this.refresh();
    else if (performance.now() - drawn.atMs < ROW_INTERVAL_MS) return;
    else this.#changed.fire(node);
    this.#drawnAt.set(study, { stage, atMs: performance.now() });
  }
}

function isPaged(node: TreeNode | undefined): node is PagedNode {
  switch (node?.kind) {
    case 'study':
    case 'cluster':
    case 'family':
    case 'train-group':
    case 'sample-group':
      return true;
    default:
      return false;
  }
}

function familyOf(node: FragmentNode): FamilyNode[] {
  const { study, fragment } = node;
  return fragment.nFamily > 1 ? [{ kind: 'family', study, parent: node, fragment }] : [];
}

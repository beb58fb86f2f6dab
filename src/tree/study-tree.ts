// The studies view: studies, their fingerprints by count, and where each occurs. It asks the server for pages
// and keeps none of them; what it remembers is only how many pages of a node are open. The row that shows more
// knows the rows above it, so that they need not be asked for again.

import { basename } from 'node:path';
import {
  Disposable,
  EventEmitter,
  type ProviderResult,
  type TreeDataProvider,
  type TreeItem,
  workspace,
} from 'vscode';
import type { Page } from '../../protocol/fragments.ts';
import { getFragment, getStudy, listStudies } from '../../protocol/requests.ts';
import type { StudyId } from '../../protocol/study.ts';
import { describeStudy, type Grouping } from '../../protocol/views.ts';
import type { ErrorFunnel } from '../error-funnel.ts';
import { failureOf } from '../failure.ts';
import type { StudyLocation } from '../studies/study-location.ts';
import type { StudyRuns } from '../studies/study-runs.ts';
import { StudiesElsewhere } from '../studies/watch-elsewhere.ts';
import type { StudyServer } from '../study-server.ts';
import { fragmentFacts, fragmentHover } from './fragment-item.ts';
import {
  closedNotice,
  failedNotice,
  filteredNotice,
  leftOffNotice,
  noticesOf,
  passingNotice,
  undescribedNotice,
  unknownOfRegionsNotice,
  unreadableNotice,
} from './notices.ts';
import { announceStudies } from './study-contexts.ts';
import { treeItem } from './tree-item.ts';
import {
  type FamilyNode,
  type FragmentNode,
  type GroupNode,
  isPaged,
  type MapViewNode,
  type MoreNode,
  nodeId,
  type PagedNode,
  parentOf,
  type StudyNode,
  type TreeNode,
} from './tree-node.ts';
import { TreePages } from './tree-pages.ts';
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
  readonly #pages: TreePages;
  readonly #changed = new EventEmitter<TreeNode | undefined>();
  readonly #listener: Disposable;
  readonly #elsewhere: StudiesElsewhere;
  /** Pages that are open, by node id. */
  readonly #nPages = new Map<string, number>();
  /** Rows that stay when the next ones come, for the moment until VS Code asks for them; by node id. */
  readonly #staying = new Map<string, readonly TreeNode[]>();
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
    this.#pages = new TreePages(server, location, options);
    this.#elsewhere = new StudiesElsewhere(server, runs, () => this.refresh());
    this.#listener = Disposable.from(
      this.#elsewhere,
      runs.onDidChange((study) => this.#onRunChange(study)),
      options.onDidChange(() => {
        this.#nPages.clear();
        this.refresh();
      }),
    );
  }

  dispose(): void {
    this.#listener.dispose();
    this.#changed.dispose();
  }

  refresh(): void {
    this.#staying.clear();
    this.#changed.fire(undefined);
  }

  showMore(node: MoreNode): void {
    const id = nodeId(node.parent);
    this.#nPages.set(id, (this.#nPages.get(id) ?? 1) + 1);
    this.#staying.set(id, node.shown);
    this.#changed.fire(node.parent);
  }

  /** The study's row as it is now, for revealing. */
  async find(study: StudyId): Promise<TreeNode | undefined> {
    return (await this.getChildren()).find((node) => node.study === study);
  }

  getTreeItem(node: TreeNode): TreeItem {
    return treeItem(node, node.kind === 'study' ? this.#runs.get(node.study) : undefined);
  }

  /** Its text is fetched when it is pointed at, and not before. */
  async resolveTreeItem(item: TreeItem, node: TreeNode): Promise<TreeItem> {
    if (node.kind !== 'fragment') return item;
    const { study, fragment } = node;
    const { text } = await this.#server.request(getFragment, { study, fingerprint: fragment.fingerprint });
    item.tooltip = fragmentHover(node, text, fragmentFacts(node));
    return item;
  }

  getParent(node: TreeNode): ProviderResult<TreeNode> {
    return parentOf(node);
  }

  async getChildren(node?: TreeNode): Promise<TreeNode[]> {
    try {
      return await this.#children(node);
    } catch (error) {
      const failure = this.#errors.report(error);
      const parent = node !== undefined && isPaged(node) ? node : null;
      return failure.code === 'cancelled' ? [] : [failedNotice(node?.study ?? '', parent, failure.message)];
    }
  }

  async #children(node: TreeNode | undefined): Promise<TreeNode[]> {
    switch (node?.kind) {
      case undefined:
        return this.#roots();
      case 'study':
        return this.#underStudy(node);
      case 'fragment':
        // The training places are open at first and may be many: nobody should have to scroll past them.
        return [...familyOf(node), groupOf(node, 'sample-group'), groupOf(node, 'train-group')];
      case 'map-view':
      case 'region-group':
      case 'cluster':
      case 'family':
      case 'train-group':
      case 'sample-group':
        return this.#rows(node, this.#options.grouping);
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
    this.#elsewhere.watch([...this.#studies.values()].map(({ summary }) => summary));
    announceStudies(roots);
    const isClosed = !workspace.isTrusted && this.#location.hasClosedFolder();
    return isClosed ? [closedNotice(), ...roots] : roots;
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
    if (parent.summary.map !== undefined) return [...notices, ...(await this.#underMap(parent))];
    if (!parent.summary.nFragments) return notices;
    const { isDescribed } = await this.#server.request(describeStudy, { study: parent.study });
    if (!isDescribed) return [...notices, undescribedNotice(parent), ...(await this.#rows(parent, 'flat'))];
    const [passing, rows] = await Promise.all([
      this.#passing(parent),
      this.#rows(parent, this.#options.grouping),
    ]);
    return [...notices, ...passing, ...rows];
  }

  async #underMap(parent: StudyNode): Promise<readonly TreeNode[]> {
    const nRegions = parent.summary.map?.nRegions ?? 0;
    if (nRegions === 0 || this.#options.message === undefined) return mapViewsOf(parent);
    const nPassing = await this.#pages.countRegions(parent);
    if (nPassing === 0) return [filteredNotice(parent)];
    const { category, isSensitive, isClipped, loops } = this.#options.filter;
    const isOfFragments = [category, isSensitive, isClipped, loops].some((part) => part !== undefined);
    return [
      passingNotice(parent, nPassing, nRegions, false),
      ...(isOfFragments ? [unknownOfRegionsNotice(parent)] : []),
      ...mapViewsOf(parent),
    ];
  }

  /** Says how many of how many, where a filter leaves some out. */
  async #passing(parent: StudyNode): Promise<readonly TreeNode[]> {
    if (this.#options.message === undefined) return [];
    const { total, isAtLeast } = await this.#pages.load(parent, 'flat', { offset: 0, limit: 1 });
    return total === 0
      ? []
      : [passingNotice(parent, total, parent.summary.nFragments ?? 0, isAtLeast ?? false)];
  }

  /** All that is open of a node's rows, of which those that stay are not asked for. */
  async #rows(parent: PagedNode, grouping: Grouping): Promise<TreeNode[]> {
    const id = nodeId(parent);
    const staying = this.#staying.get(id) ?? [];
    this.#staying.delete(id);
    const nOpen = PAGE_SIZE * (this.#nPages.get(id) ?? 1);
    const request = { offset: staying.length, limit: nOpen - staying.length };
    const page = await this.#pages.load(parent, grouping, request);
    const shown = [...staying, ...page.items];
    return [...shown, ...this.#more(parent, shown, nOpen, page)];
  }

  #more(
    parent: PagedNode,
    shown: readonly TreeNode[],
    nOpen: number,
    { total, isAtLeast }: Page<unknown>,
  ): TreeNode[] {
    if (shown.length === 0 && this.#options.message !== undefined) return [filteredNotice(parent)];
    if (shown.length >= total && !isAtLeast) return [];
    // Locations are kept up to a cap per fragment; a short page means that there are no more to show.
    if (shown.length < nOpen) return [leftOffNotice(parent, total - shown.length)];
    return [{ kind: 'more', study: parent.study, parent, shown, total, isAtLeast: isAtLeast ?? false }];
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

/** Regions in each of their orders, where there are any by now. */
const mapViewsOf = (parent: StudyNode): readonly MapViewNode[] =>
  parent.summary.map?.nRegions
    ? (['document', 'probability', 'licence'] as const).map((by) => ({
        ...{ kind: 'map-view', study: parent.study, parent, by },
      }))
    : [];

const groupOf = (parent: FragmentNode, kind: GroupNode['kind']): GroupNode => ({
  kind,
  study: parent.study,
  parent,
  fragment: parent.fragment,
});

function familyOf(node: FragmentNode): FamilyNode[] {
  const { study, fragment } = node;
  return fragment.nFamily > 1 ? [{ kind: 'family', study, parent: node, fragment }] : [];
}

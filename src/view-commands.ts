// The commands that look at what a study found: the view's shape, comparisons, decorations.

import { env, type LogOutputChannel, l10n, type QuickPickItem, window } from 'vscode';
import { forLabel } from '../guard/text/for-label.ts';
import type { FragmentOrder } from '../protocol/fragments.ts';
import { categories, type FragmentFilter, type Grouping } from '../protocol/views.ts';
import type { CommandMap } from './command-map.ts';
import type { ComparisonTarget } from './documents/comparison-target.ts';
import type { OpenTexts, SampleRef } from './documents/open-texts.ts';
import { UserFault } from './failure.ts';
import { readSetting, writeSetting } from './settings.ts';
import { categoryName } from './tree/category-name.ts';
import type { StudyTree } from './tree/study-tree.ts';
import { type FragmentNode, fingerprintOf, type SampleNode, type TrainNode } from './tree/tree-node.ts';
import type { ViewOptions } from './tree/view-options.ts';

type Names =
  | 'verbatim.refreshStudies'
  | 'verbatim.sortFragments'
  | 'verbatim.groupFragments'
  | 'verbatim.filterFragments'
  | 'verbatim.clearFilter'
  | 'verbatim.showMore'
  | 'verbatim.compareFragment'
  | 'verbatim.compareAllOccurrences'
  | 'verbatim.nextOccurrence'
  | 'verbatim.previousOccurrence'
  | 'verbatim.showDifferences'
  | 'verbatim.openSample'
  | 'verbatim.editSample'
  | 'verbatim.openDocument'
  | 'verbatim.copyFingerprint'
  | 'verbatim.toggleDecorations'
  | 'verbatim.showLog';

export function viewCommands(
  tree: Pick<StudyTree, 'refresh' | 'showMore'>,
  texts: OpenTexts,
  options: ViewOptions,
  log: LogOutputChannel,
): Pick<CommandMap, Names> {
  return {
    'verbatim.refreshStudies': () => tree.refresh(),
    'verbatim.sortFragments': chooseOrder,
    'verbatim.groupFragments': chooseGrouping,
    'verbatim.filterFragments': (given) => chooseFilter(options, given),
    'verbatim.clearFilter': () => options.setFilter({}),
    'verbatim.showMore': (node) => tree.showMore(node),
    'verbatim.compareFragment': (target) => texts.compare(toComparison(target)),
    'verbatim.compareAllOccurrences': (target) => texts.compareAll(toComparison(target)),
    'verbatim.nextOccurrence': () => texts.step(1),
    'verbatim.previousOccurrence': () => texts.step(-1),
    'verbatim.showDifferences': () => texts.showDifferences(),
    'verbatim.openSample': (target) => texts.openSample(toSampleRef(target)),
    async 'verbatim.editSample'() {
      const uri = window.activeTextEditor?.document.uri;
      if (uri === undefined) {
        throw new UserFault(l10n.t('No sample is open.'), l10n.t('Open a sample first.'));
      }
      await texts.editSample(uri);
    },
    'verbatim.openDocument': ({ study, fragment, occurrence }) =>
      texts.openDocument(study, fragment.fingerprint, occurrence),
    'verbatim.copyFingerprint': async (node) => env.clipboard.writeText(forLabel(fingerprintOf(node))),
    'verbatim.toggleDecorations': () =>
      writeSetting('decorations.enabled', !readSetting('decorations.enabled')),
    'verbatim.showLog': () => log.show(),
  };
}

export function toComparison(
  target: ComparisonTarget | FragmentNode | TrainNode | SampleNode,
): ComparisonTarget {
  if (!('kind' in target)) return target;
  const { study, fragment } = target;
  const { fingerprint } = fragment;
  switch (target.kind) {
    case 'fragment':
      return { study, fingerprint };
    case 'train':
      return { study, fingerprint, train: target.occurrence };
    case 'sample':
      return { study, fingerprint, sample: target.occurrence };
  }
}

function toSampleRef(target: SampleRef | SampleNode): SampleRef {
  if (!('kind' in target)) return target;
  const { sampleId, firstLine } = target.occurrence;
  return { study: target.study, sampleId, firstLine };
}

async function chooseOrder(): Promise<void> {
  const order = await chooseOne<FragmentOrder>(l10n.t('Sort fragments'), readSetting('tree.order'), [
    {
      value: 'logic',
      label: l10n.t('Program logic and longest first'),
      detail: l10n.t('Boilerplate and licence texts come last'),
    },
    { value: 'train', label: l10n.t('By occurrences in the training data') },
    { value: 'extract', label: l10n.t('By occurrences in the samples') },
    { value: 'length', label: l10n.t('By length') },
  ]);
  if (order !== undefined) await writeSetting('tree.order', order);
}

async function chooseGrouping(): Promise<void> {
  const grouping = await chooseOne<Grouping>(l10n.t('Group fragments'), readSetting('tree.groupBy'), [
    { value: 'family', label: l10n.t('$(list-tree) By family'), detail: l10n.t('Overlapping ones together') },
    { value: 'category', label: l10n.t('$(tag) By kind'), detail: l10n.t('Licences, imports, logic …') },
    { value: 'licence', label: l10n.t('$(law) By licence of the training documents') },
    { value: 'repository', label: l10n.t('$(repo) By repository') },
    { value: 'sample', label: l10n.t('$(output) By sample') },
    { value: 'flat', label: l10n.t('$(list-flat) Not at all') },
  ]);
  if (grouping !== undefined) await writeSetting('tree.groupBy', grouping);
}

async function chooseOne<Value>(
  title: string,
  current: Value,
  items: readonly (QuickPickItem & { readonly value: Value })[],
): Promise<Value | undefined> {
  const marked = items.map((item) => ({
    ...item,
    ...(item.value === current ? { description: l10n.t('current') } : {}),
  }));
  return (await window.showQuickPick(marked, { title }))?.value;
}

interface FilterItem extends QuickPickItem {
  readonly part: Partial<FragmentFilter>;
}

/** Asks for words and parts at once; what is typed is looked for in the fragments' text. */
async function chooseFilter(options: ViewOptions, given: FragmentFilter | undefined): Promise<void> {
  const filter = given ?? (await askFilter(options.filter));
  if (filter !== undefined) await options.setFilter(filter);
}

function askFilter(current: FragmentFilter): Promise<FragmentFilter | undefined> {
  const pick = window.createQuickPick<FilterItem>();
  const parts: FilterItem[] = [
    { part: { isSensitive: true }, label: l10n.t('$(warning) Only with sensitive content') },
    { part: { isNew: true }, label: l10n.t('$(pass) Only what the baseline does not accept') },
    { part: { isClipped: true }, label: l10n.t('$(split-horizontal) Only cut off at a sample’s end') },
    {
      part: { loops: 'without' },
      label: l10n.t('$(sync-ignored) Not what only samples hold that repeat themselves'),
    },
    { part: { loops: 'only' }, label: l10n.t('$(sync) Only what samples hold that repeat themselves') },
    ...categories.map((category) => ({
      part: { category },
      label: `$(tag) ${categoryName(category)}`,
      alwaysShow: true,
    })),
  ];
  pick.title = l10n.t('Filter fragments and regions');
  pick.placeholder = l10n.t(
    'Text, fingerprint, repo:NAME, path:NAME, licence:NAME, kind:logic, len:10-20; regions of a map: p:0.5 or p:0.1-0.5',
  );
  pick.canSelectMany = true;
  pick.items = parts.map((item) => ({ ...item, alwaysShow: true }));
  pick.selectedItems = pick.items.filter(({ part }) =>
    Object.entries(part).every(([name, value]) => current[name as keyof FragmentFilter] === value),
  );
  pick.value = typedParts(current);
  const { promise, resolve } = Promise.withResolvers<FragmentFilter | undefined>();
  pick.onDidAccept(() => {
    const chosen = Object.assign({}, ...pick.selectedItems.map(({ part }) => part));
    resolve({ ...parseWords(pick.value), ...chosen });
  });
  pick.onDidHide(() => resolve(undefined));
  pick.show();
  return promise.finally(() => pick.dispose());
}

type Changing = { -readonly [Part in keyof FragmentFilter]: FragmentFilter[Part] };

/** Takes `licence:MIT repo:lodash len:10-20 some words`, in any order. */
export function parseWords(words: string): FragmentFilter {
  const filter: Changing = {};
  const rest = words.replace(
    /(?:^|\s)(repo|path|licen[cs]e|kind|len|p):(\S*)/gi,
    (all, name: string, value: string) => (takePart(filter, name.toLowerCase(), value) ? '' : all),
  );
  const text = rest.trim();
  return text === '' ? filter : { ...filter, text };
}

/** False where it is no such part, and then it is text to be looked for. */
function takePart(filter: Changing, name: string, value: string): boolean {
  switch (name) {
    case 'repo':
      filter.repository = value;
      return true;
    case 'path':
      filter.path = value;
      return true;
    case 'kind': {
      const kind = categories.find((each) => each === value.toLowerCase().replace('licence', 'license'));
      if (kind !== undefined) filter.category = kind;
      return kind !== undefined;
    }
    case 'len': {
      const [, from, isRange, to] = /^(\d+)(-?)(\d*)$/.exec(value) ?? [];
      if (from === undefined) return false;
      filter.fromLines = Number(from);
      if (isRange === '') filter.toLines = Number(from);
      else if (to !== '') filter.toLines = Number(to);
      return true;
    }
    case 'p': {
      const [, from, isRange, to] = /^(\d*\.?\d+(?:e-\d+)?)(-?)(\d*\.?\d*(?:e-\d+)?)$/i.exec(value) ?? [];
      if (from === undefined || Number(from) > 1 || Number(to) > 1) return false;
      filter.fromProbability = Number(from);
      if (isRange !== '' && to !== '') filter.toProbability = Number(to);
      return true;
    }
    default:
      filter.license = value;
      return true;
  }
}

/** Gives the parts of a filter that have no row of their own, as they are typed. */
function typedParts(filter: FragmentFilter): string {
  const { repository, path, license, fromLines, toLines, fromProbability, toProbability, text } = filter;
  const end = fromLines === toLines ? '' : `-${toLines ?? ''}`;
  return [
    ...(repository === undefined ? [] : [`repo:${repository}`]),
    ...(path === undefined ? [] : [`path:${path}`]),
    ...(license === undefined ? [] : [`licence:${license}`]),
    ...(fromLines === undefined ? [] : [`len:${fromLines}${end}`]),
    ...(fromProbability === undefined
      ? []
      : [`p:${fromProbability}${toProbability === undefined ? '' : `-${toProbability}`}`]),
    ...(text === undefined ? [] : [text]),
  ].join(' ');
}

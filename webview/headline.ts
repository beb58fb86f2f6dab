// The top of the dashboard: which study it is, and how much was memorised. The numbers stand there at once, their
// intervals when they have been computed.

import { forDom } from '../guard/text/for-dom.ts';
import type {
  Dashboard,
  DashboardMeasures,
  DashboardOverview,
  FragmentSelection,
  Part,
} from '../protocol/dashboard.ts';
import type { Measured } from '../protocol/measured.ts';
import { namesModel, type StudyState, type StudySummary } from '../protocol/study.ts';
import { element } from './element.ts';
import { type Explained, explain } from './explain.ts';
import { gauge } from './gauge.ts';
import { l10n } from './l10n.ts';
import { later, waiting } from './later.ts';
import { bytes, count, countRange, duration, percent, percentRange, samplesText } from './numbers.ts';
import { button, tag } from './ui.ts';

export interface HeadlineActions {
  readonly showInTree: () => void;
  readonly copyCommand: () => void;
  readonly select: (selection: FragmentSelection) => void;
}

export function heading(
  { summary }: Dashboard,
  { showInTree, copyCommand }: Omit<HeadlineActions, 'select'>,
): HTMLElement {
  const { source } = summary.plan;
  const model = namesModel(source) ?? (source.kind === 'samples' ? source.samples : '');
  return element(
    'header',
    { class: 'heading' },
    element(
      'div',
      {},
      element(
        'p',
        { class: 'eyebrow' },
        source.kind === 'map'
          ? l10n.t('What could be extracted from this model')
          : l10n.t('What this model has memorised'),
      ),
      element('h1', {}, forDom(summary.name), ' ', tag(stateName(summary.state))),
      element(
        'p',
        { class: 'facts' },
        factsText(summary),
        ' · ',
        element('code', {}, lastName(forDom(model))),
      ),
    ),
    element(
      'div',
      { class: 'actions' },
      button(l10n.t('Show in Studies'), 'secondary', showInTree),
      button(l10n.t('Copy Command'), 'secondary', copyCommand),
    ),
  );
}

function stateName(state: StudyState): string {
  switch (state) {
    case 'running':
      return l10n.t('running');
    case 'complete':
      return l10n.t('complete');
    case 'partial':
      return l10n.t('partial');
    case 'cancelled':
      return l10n.t('paused');
    case 'failed':
      return l10n.t('failed');
  }
}

function factsText(s: StudySummary): string {
  return [
    ...(s.map === undefined ? [samplesText(s.nSamples)] : []),
    // Those of samples made elsewhere are not known.
    ...(s.nTokens === 0 ? [] : [l10n.t('{0} tokens', count(s.nTokens))]),
    // Shards are counted once the samples are there.
    ...(s.nShards === 0
      ? [s.map === undefined ? l10n.t('nothing scanned yet') : l10n.t('nothing read yet')]
      : [
          l10n.t('{0} training documents ({1})', count(s.nDocuments), bytes(s.corpusBytes)),
          s.map === undefined
            ? l10n.t('{0} of {1} shards scanned', count(s.nShardsScanned), count(s.nShards))
            : l10n.t('{0} of {1} shards read', count(s.nShardsScanned), count(s.nShards)),
        ]),
    duration(s.elapsedMs),
  ].join(' · ');
}

const lastName = (path: string) => path.split(/[\\/]/).filter(Boolean).at(-1) ?? path;

export function headline(
  { samples, lines, tokens, nFragments, nFamilies, taxonomy }: DashboardOverview,
  measures: Promise<DashboardMeasures>,
  { select }: Pick<HeadlineActions, 'select'>,
): HTMLElement {
  const families =
    nFamilies === 1 ? l10n.t('in {0} family', count(nFamilies)) : l10n.t('in {0} families', count(nFamilies));
  return element(
    'section',
    { 'aria-labelledby': 'how-much' },
    element('h2', { id: 'how-much' }, l10n.t('How much')),
    element(
      'ul',
      { class: 'cards' },
      shareCard('samples', l10n.t('of samples repeat training data'), samples, measures, (m) => m.samples),
      shareCard('lines', l10n.t('of lines'), lines, measures, (m) => m.lines),
      ...(tokens
        ? [shareCard('tokens', l10n.t('of tokens'), tokens, measures, (m) => m.tokens ?? exactly(tokens))]
        : []),
      ...(nFragments === 0 ? [] : fragmentCards()),
      ...(taxonomy ? [sensitiveCard(taxonomy.nSensitive, select)] : []),
    ),
    waiting(measures),
  );

  function fragmentCards(): readonly HTMLElement[] {
    return [
      card(
        'fragments',
        l10n.t('distinct fragments'),
        element('strong', {}, count(nFragments)),
        later(note(families), measures, (m) => note(`${countRange(m.fragments)} · ${families}`)),
        button(l10n.t('List'), 'secondary', () => select({ kind: 'all' })),
      ),
      card(
        'unseen',
        l10n.t('fragments to be expected in all (Chao1)'),
        later(element('strong', {}, '…'), measures, ({ unseen }) =>
          element('strong', {}, `≈ ${count(unseen.total.value)}`),
        ),
        later(note(''), measures, (m) => note(unseenText(m))),
      ),
    ];
  }
}

function unseenText({ unseen: { total, coverage } }: DashboardMeasures): string {
  return coverage === null
    ? countRange(total)
    : l10n.t('{0} · {1} of what it repeats is seen', countRange(total), percent(coverage));
}

function sensitiveCard(n: number, select: HeadlineActions['select']): HTMLElement {
  return card(
    'sensitive',
    n === 1
      ? l10n.t('fragment with secrets or personal data')
      : l10n.t('fragments with secrets or personal data'),
    element('strong', {}, count(n)),
    note(n === 0 ? l10n.t('none was found by the rules') : l10n.t('shown masked')),
    ...(n > 0 ? [button(l10n.t('List'), 'secondary', () => select({ kind: 'sensitive' }))] : []),
  );
}

function shareCard(
  what: 'samples' | 'lines' | 'tokens',
  title: string,
  part: Part,
  measures: Promise<DashboardMeasures>,
  intervalOf: (measures: DashboardMeasures) => Measured,
): HTMLElement {
  const known = exactly(part);
  const of = l10n.t('{0} of {1}', count(part.memorised), count(part.total));
  const made = card(
    what,
    title,
    element('strong', {}, percent(known.value)),
    later(note(of), measures, (m) =>
      note([percentRange(intervalOf(m)), of].filter((part) => part !== '').join(' · ')),
    ),
    later(gauge(known), measures, (m) => gauge(intervalOf(m))),
  );
  if (what === 'samples') made.classList.add('main');
  return made;
}

/** A share of nothing is shown as none. */
function exactly({ total, memorised }: Part): Measured {
  const value = total === 0 ? 0 : memorised / total;
  return { value, low: value, high: value };
}

const note = (text: string) => element('small', {}, text);

function card(
  what: Explained,
  title: string,
  value: HTMLElement,
  text: HTMLElement,
  ...more: readonly Node[]
): HTMLElement {
  return element(
    'li',
    { class: 'panel card' },
    value,
    element('span', {}, title),
    text,
    ...more,
    explain(what),
  );
}

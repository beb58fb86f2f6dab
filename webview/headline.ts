// The top of the dashboard: which study it is, and how much was memorised, with intervals.

import type {
  Dashboard,
  DashboardAnswers,
  FragmentSelection,
  Measured,
  Share,
} from '../protocol/dashboard.ts';
import type { StudySummary } from '../protocol/study.ts';
import { element, svg } from './element.ts';
import { bytes, count, countRange, duration, percent, percentRange, plural } from './numbers.ts';
import { button, tag } from './ui.ts';

export interface HeadlineActions {
  readonly showInTree: () => void;
  readonly copyCommand: () => void;
  readonly select: (selection: FragmentSelection) => void;
}

export function heading({ summary }: Dashboard, actions: HeadlineActions): HTMLElement {
  const model = summary.plan.model ?? summary.plan.samples ?? '';
  return element(
    'header',
    { class: 'heading' },
    element(
      'div',
      {},
      element('p', { class: 'eyebrow' }, 'What this model has memorised'),
      element('h1', {}, summary.name, ' ', tag(summary.state)),
      element('p', { class: 'facts' }, factsText(summary), ' · ', element('code', {}, lastName(model))),
    ),
    element(
      'div',
      { class: 'actions' },
      button('Show in Studies', 'secondary', actions.showInTree),
      button('Copy Command', 'secondary', actions.copyCommand),
    ),
  );
}

function factsText(s: StudySummary): string {
  return [
    plural(s.nSamples, 'sample', 'samples'),
    `${count(s.nTokens)} tokens`,
    `${count(s.nDocuments)} training documents (${bytes(s.corpusBytes)})`,
    `${s.nShardsScanned} of ${plural(s.nShards, 'shard', 'shards')} scanned`,
    duration(s.elapsedMs),
  ].join(' · ');
}

const lastName = (path: string) => path.split(/[\\/]/).filter(Boolean).at(-1) ?? path;

export function headline(answers: DashboardAnswers, { select }: HeadlineActions): HTMLElement {
  const { samples, lines, tokens, fragments, unseen, taxonomy, nFamilies } = answers;
  const coverage =
    unseen.coverage === null ? '' : ` · ${percent(unseen.coverage)} of what it repeats is seen`;
  return element(
    'section',
    { 'aria-labelledby': 'how-much' },
    element('h2', { id: 'how-much' }, 'How much'),
    element(
      'ul',
      { class: 'cards' },
      shareCard('of samples repeat training data', samples, 'main'),
      shareCard('of lines', lines, 'plain'),
      ...(tokens ? [shareCard('of tokens', tokens, 'plain')] : []),
      card(
        'distinct fragments',
        count(fragments.value),
        `${countRange(fragments)} · in ${plural(nFamilies, 'family', 'families')}`,
        button('List', 'secondary', () => select({ kind: 'all' })),
      ),
      card(
        'fragments to be expected in all (Chao1)',
        `≈ ${count(unseen.total.value)}`,
        `${countRange(unseen.total)}${coverage}`,
      ),
      ...(taxonomy
        ? [
            card(
              taxonomy.nSensitive === 1
                ? 'fragment with secrets or personal data'
                : 'fragments with secrets or personal data',
              count(taxonomy.nSensitive),
              taxonomy.nSensitive === 0 ? 'none was found by the rules' : 'shown masked',
              ...(taxonomy.nSensitive > 0
                ? [button('List', 'secondary', () => select({ kind: 'sensitive' }))]
                : []),
            ),
          ]
        : []),
    ),
    element('p', { class: 'note' }, 'Ranges are 95 % intervals.'),
  );
}

function shareCard(title: string, part: Share, look: 'main' | 'plain'): HTMLElement {
  const made = card(
    title,
    percent(part.share.value),
    `${percentRange(part.share)} · ${count(part.memorised)} of ${count(part.total)}`,
    gauge(part.share),
  );
  if (look === 'main') made.classList.add('main');
  return made;
}

function card(title: string, value: string, note: string, ...more: readonly Node[]): HTMLElement {
  return element(
    'li',
    { class: 'panel card' },
    element('strong', {}, value),
    element('span', {}, title),
    element('small', {}, note),
    ...more,
  );
}

/** The share as a bar, with its interval over it. The numbers beside it say the same. */
function gauge({ value, low, high }: Measured): SVGElement {
  const at = (share: number) => 100 * Math.min(1, Math.max(0, share));
  const bar = (name: string, x: number, y: number, width: number, height: number) =>
    svg('rect', { class: name, x, y, width: Math.max(0, width), height });
  return svg(
    'svg',
    { class: 'gauge', viewBox: '0 0 100 10', preserveAspectRatio: 'none', 'aria-hidden': 'true' },
    bar('track', 0, 2, 100, 6),
    bar('value', 0, 2, at(value), 6),
    bar('interval', at(low), 4, at(high) - at(low), 2),
  );
}

// The dashboard's composition root: asks the extension for the study, lays out its sections, and keeps what the
// user chose, so that a window that is loaded again shows the same.

import type { Dashboard, DashboardMeasures, FragmentSelection } from '../protocol/dashboard.ts';
import type { DashboardState, FigureToSave } from '../protocol/dashboard-page.ts';
import type { FragmentRow, Page } from '../protocol/fragments.ts';
import type { MapDashboard } from '../protocol/map-dashboard.ts';
import { anyway } from './anyway.ts';
import { comparison } from './comparison.ts';
import { element } from './element.ts';
import { OPEN_METHOD } from './explain.ts';
import { findings, section } from './findings.ts';
import { FragmentTable, type TableChoice } from './fragment-table.ts';
import { heading, headline } from './headline.ts';
import { l10n } from './l10n.ts';
import { waiting } from './later.ts';
import { mapComparison } from './map-comparison.ts';
import { mapPage } from './map-page.ts';
import { notAnalysed, nothingFound } from './nothing-found.ts';
import { dataProblems, origins } from './origins.ts';
import { Tip } from './plots/tip.ts';
import { predictors } from './predictors.ts';
import { recipe } from './recipe.ts';
import { SAVE_FIGURE } from './save-figure.ts';
import { registerControls } from './ui.ts';
import { VsCodeHost } from './vscode-host.ts';

registerControls();
const host = new VsCodeHost();
const page = document.querySelector('main')!;
const tip = new Tip(document.body);
const pending = new Map<number, (page: Page<FragmentRow>) => void>();
let nRequests = 0;

let measuring = Promise.withResolvers<DashboardMeasures>();
let mapping = Promise.withResolvers<MapDashboard>();

page.setAttribute('aria-busy', 'true');
host.onMessage((message) => {
  switch (message.kind) {
    case 'dashboard':
      l10n.load(message.strings);
      measuring = Promise.withResolvers();
      mapping = Promise.withResolvers();
      page.removeAttribute('aria-busy');
      if (message.dashboard.summary.map === undefined) render(message.dashboard, measuring.promise);
      else renderMap(message.dashboard, mapping.promise);
      break;
    case 'comparison':
      l10n.load(message.strings);
      page.removeAttribute('aria-busy');
      page.replaceChildren(...comparison(message.comparison, tip));
      break;
    case 'mapComparison':
      l10n.load(message.strings);
      page.removeAttribute('aria-busy');
      page.replaceChildren(
        ...mapComparison(message.comparison, (documentId, map) =>
          host.send({ kind: 'openRegion', documentId, map }),
        ),
      );
      break;
    case 'measures':
      measuring.resolve(message.measures);
      break;
    case 'mapMeasures':
      mapping.resolve(message.measures);
      break;
    case 'unmeasured':
      mapping.promise.catch(() => {}); // Whoever awaits it says so.
      mapping.reject(new Error(message.message));
      measuring.reject(new Error(message.message));
      break;
    case 'fragments':
      pending.get(message.request)?.(message.page);
      pending.delete(message.request);
      break;
    case 'failed':
      page.replaceChildren(element('p', { role: 'alert' }, message.message));
      break;
  }
});
page.addEventListener(OPEN_METHOD, (event) =>
  host.send({ kind: 'openMethod', section: (event as CustomEvent<string>).detail }),
);
page.addEventListener(SAVE_FIGURE, (event) => host.send((event as CustomEvent<FigureToSave>).detail));
host.send({ kind: 'ready' });

function loadFragments(choice: TableChoice, offset: number, limit: number): Promise<Page<FragmentRow>> {
  const request = nRequests++;
  host.send({ kind: 'listFragments', request, offset, limit, ...choice });
  return new Promise((resolve) => pending.set(request, resolve));
}

function render(dashboard: Dashboard, measures: Promise<DashboardMeasures>): void {
  const { summary, overview } = dashboard;
  const study = summary.id;
  const kept = host.state?.study === study ? host.state : undefined;
  const compare = (fingerprint: string) => host.send({ kind: 'compare', fingerprint });
  const showInTree = () => host.send({ kind: 'showInTree' });
  const copy = (what: 'command' | 'plan' | 'prompts') => host.send({ kind: 'copy', what });
  let predictor = kept?.predictor ?? 0;

  const keep = () => {
    if (table === null) return;
    const { selection, order } = table.choice;
    const state: DashboardState = {
      study,
      selection,
      order,
      predictor,
      scrollTop: document.documentElement.scrollTop,
      tableTop: table.scrollTop,
    };
    host.keep(state);
  };
  const keepSoon = throttled(keep);
  const table =
    overview === null
      ? null
      : new FragmentTable(
          { selection: kept?.selection ?? { kind: 'all' }, order: kept?.order ?? 'logic' },
          { load: loadFragments, compare, onChoice: keep, onScroll: keepSoon },
        );
  const select = (selection: FragmentSelection) => {
    if (table === null) return;
    table.show({ ...table.choice, selection });
    const behavior =
      document.body.classList.contains('vscode-reduce-motion') || reducesMotion() ? 'auto' : 'smooth';
    fragments?.scrollIntoView({ behavior, block: 'start' });
    table.focus();
  };
  const fragments = table && section('fragments', l10n.t('Fragments'), table.element);

  page.replaceChildren(
    heading(dashboard, { showInTree, copyCommand: () => copy('command') }),
    ...(overview === null || fragments === null
      ? [notAnalysed(summary, () => host.send({ kind: 'searchAgain', how: 'soFar' }))]
      : [
          headline(overview, measures, { select }),
          anyway(measures),
          ...(overview.nFragments === 0
            ? [nothingFound(summary, overview, () => host.send({ kind: 'searchAgain', how: 'closest' }))]
            : [
                findings(overview, measures, { select, compare }, tip),
                fragments,
                origins(overview, { select }),
                predictors(
                  measures,
                  {
                    openSample: (sampleId) => host.send({ kind: 'openSample', sampleId }),
                    chosen: predictor,
                    onChoose: (chosen) => {
                      predictor = chosen;
                      keep();
                    },
                  },
                  tip,
                ),
              ]),
        ]),
    dataProblems(dashboard, showInTree),
    recipe(dashboard, copy),
  );
  if (kept !== undefined && table !== null) {
    table.scrollTo(kept.tableTop);
    scrollBack(kept.scrollTop, measures);
  }
  window.onscroll = keepSoon;
  if (kept === undefined) keep();
}

/** An extraction map: what is computed is all that there is, so that it comes as a whole. */
function renderMap(dashboard: Dashboard, measures: Promise<MapDashboard>): void {
  const { id: study } = dashboard.summary;
  const showInTree = () => host.send({ kind: 'showInTree' });
  const copy = (what: 'command' | 'plan' | 'prompts') => host.send({ kind: 'copy', what });
  const kept = host.state?.study === study ? host.state : undefined;
  const content = element('div', { class: 'map' }, waiting(measures));
  const openDocument = (documentId: number) => host.send({ kind: 'openRegion', documentId });
  page.replaceChildren(
    heading(dashboard, { showInTree, copyCommand: () => copy('command') }),
    content,
    dataProblems(dashboard, showInTree),
    recipe(dashboard, copy),
  );
  const keep = throttled(() =>
    host.keep({
      ...{ study, selection: { kind: 'all' }, order: 'logic', predictor: 0, tableTop: 0 },
      scrollTop: document.documentElement.scrollTop,
    }),
  );
  measures.then(
    (map) => content.replaceWith(...mapPage(map, { openDocument }, tip)),
    () => {},
  );
  if (kept !== undefined) scrollBack(kept.scrollTop, measures);
  window.onscroll = keep;
  keep();
}

/** Scrolls back when the plots have their heights, unless the user has scrolled in the meantime. */
function scrollBack(top: number, measures: Promise<unknown>): void {
  let reached = 0;
  const scroll = () => {
    if (window.scrollY !== reached) return;
    window.scrollTo({ top });
    reached = window.scrollY;
  };
  const whenDrawn = () => requestAnimationFrame(() => requestAnimationFrame(scroll));
  whenDrawn();
  measures.then(whenDrawn, () => {});
}

const reducesMotion = () => window.matchMedia('(prefers-reduced-motion: reduce)').matches;

/** Calls `work` once within the delay, however often it is asked to: the window may go at any moment. */
function throttled(work: () => void, delayMs = 100): () => void {
  let isWaiting = false;
  return () => {
    if (isWaiting) return;
    isWaiting = true;
    setTimeout(() => {
      isWaiting = false;
      work();
    }, delayMs);
  };
}

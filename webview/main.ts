// The dashboard's composition root: asks the extension for the study, lays out its sections, and keeps what the
// user chose, so that a window that is loaded again shows the same.

import type { Dashboard, DashboardState, FragmentSelection } from '../protocol/dashboard.ts';
import type { FragmentRow, Page } from '../protocol/fragments.ts';
import { element } from './element.ts';
import { dataProblems, findings, origins, section } from './findings.ts';
import { FragmentTable, type TableChoice } from './fragment-table.ts';
import { heading, headline } from './headline.ts';
import { Tip } from './plots/tip.ts';
import { predictors } from './predictors.ts';
import { recipe } from './recipe.ts';
import { progress, registerControls } from './ui.ts';
import { VsCodeHost } from './vscode-host.ts';

registerControls();
const host = new VsCodeHost();
const page = document.querySelector('main')!;
const tip = new Tip(document.body);
const pending = new Map<number, (page: Page<FragmentRow>) => void>();
let nRequests = 0;

page.replaceChildren(progress('Reading the study …'));
host.onMessage((message) => {
  switch (message.kind) {
    case 'dashboard':
      render(message.dashboard);
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
host.send({ kind: 'ready' });

function loadFragments(choice: TableChoice, offset: number, limit: number): Promise<Page<FragmentRow>> {
  const request = nRequests++;
  host.send({ kind: 'listFragments', request, offset, limit, ...choice });
  return new Promise((resolve) => pending.set(request, resolve));
}

function render(dashboard: Dashboard): void {
  const { summary, answers } = dashboard;
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
    answers === null
      ? null
      : new FragmentTable(
          { selection: kept?.selection ?? { kind: 'all' }, order: kept?.order ?? 'train' },
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
  const fragments = table && section('fragments', 'Fragments', table.element);

  page.replaceChildren(
    heading(dashboard, { showInTree, copyCommand: () => copy('command'), select }),
    ...(answers === null || fragments === null
      ? [
          element(
            'p',
            { class: 'panel' },
            `Not analysed yet: ${summary.nShardsScanned} of ${summary.nShards} shards are scanned.`,
          ),
        ]
      : [
          headline(answers, { showInTree, copyCommand: () => copy('command'), select }),
          findings(answers, { select, compare }, tip),
          fragments,
          origins(answers, { select, compare }),
          predictors(
            answers.predictors,
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
    dataProblems(dashboard, showInTree),
    recipe(dashboard, copy),
  );
  if (kept !== undefined && table !== null) {
    table.scrollTo(kept.tableTop);
    // When the plots have their heights.
    requestAnimationFrame(() => requestAnimationFrame(() => window.scrollTo({ top: kept.scrollTop })));
  }
  window.onscroll = keepSoon;
  if (kept === undefined) keep();
}

const reducesMotion = () => window.matchMedia('(prefers-reduced-motion: reduce)').matches;

/** Not later than the delay, however often it is called: the window may go at any moment. */
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

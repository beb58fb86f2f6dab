// Compares studies: asks which, and shows them beside each other in a page of the dashboard's kind.

import { type CancellationToken, commands, l10n, type Uri, ViewColumn, window } from 'vscode';
import type { ToDashboard } from '../../protocol/dashboard-page.ts';
import { compareMaps } from '../../protocol/map-dashboard.ts';
import { getStudy } from '../../protocol/requests.ts';
import type { StudyId } from '../../protocol/study.ts';
import { compareStudies } from '../../protocol/study-comparison.ts';
import type { CommandMap } from '../command-map.ts';
import type { SideBySide } from '../documents/side-by-side.ts';
import type { ErrorFunnel } from '../error-funnel.ts';
import { UserFault } from '../failure.ts';
import { withNotification } from '../notify.ts';
import { listedStudies } from '../studies/listed-studies.ts';
import { studyChoice } from '../studies/study-choice.ts';
import type { StudyLocation } from '../studies/study-location.ts';
import type { StudyServer } from '../study-server.ts';
import type { StudyNode } from '../tree/tree-node.ts';
import { dashboardPage } from './dashboard-page.ts';
import { openMethod } from './open-method.ts';
import { saveFigure } from './save-figure.ts';

export function comparisonCommand(
  server: StudyServer,
  location: StudyLocation,
  dist: Uri,
  errors: ErrorFunnel,
  columns: Pick<SideBySide, 'leave'>,
): Pick<CommandMap, 'verbatim.compareStudies'> {
  return {
    async 'verbatim.compareStudies'(target, selected) {
      const studies = chosen(target, selected) ?? (await askStudies(server, location));
      if (studies === null) return;
      const answer = await withNotification(l10n.t('Comparing studies'), (_, token) =>
        compare(server, studies, token),
      );
      await columns.leave();
      const title = l10n.t('Studies Compared');
      const panel = window.createWebviewPanel('verbatim.comparison', title, ViewColumn.Active, {
        enableScripts: true,
        localResourceRoots: [dist],
        retainContextWhenHidden: true,
      });
      const send = (message: ToDashboard) => panel.webview.postMessage(message);
      panel.webview.onDidReceiveMessage((message) =>
        errors.run(async () => {
          if (message.kind === 'ready') {
            await send(answer);
          }
          if (message.kind === 'openRegion') {
            const target = { study: studies[message.map ?? 0]!, documentId: message.documentId };
            await commands.executeCommand('verbatim.openRegion', target);
          }
          if (message.kind === 'openMethod') await openMethod(dist, message.section);
          if (message.kind === 'saveFigure') await saveFigure(message);
        }),
      );
      panel.webview.html = dashboardPage(panel.webview, dist, title);
    },
  };
}

/** Two extraction maps are compared by document, other studies by what they repeat. */
async function compare(
  server: StudyServer,
  studies: readonly StudyId[],
  token: CancellationToken,
): Promise<ToDashboard> {
  const strings = l10n.bundle ?? {};
  const summaries = await Promise.all(studies.map((study) => server.request(getStudy, { study }, token)));
  const nMaps = summaries.filter(({ map }) => map !== undefined).length;
  if (nMaps === 0) {
    const comparison = await server.request(compareStudies, { studies }, token);
    return { kind: 'comparison', comparison, strings };
  }
  const [first, second, ...others] = studies;
  if (nMaps < studies.length || first === undefined || second === undefined || others.length > 0) {
    throw new UserFault(
      l10n.t('Extraction maps are compared two at a time, and with no other study.'),
      l10n.t('Choose two maps; “verbatim compare” compares the rates of more.'),
    );
  }
  const comparison = await server.request(compareMaps, { studies: [first, second] }, token);
  return { kind: 'mapComparison', comparison, strings };
}

function chosen(
  target: readonly StudyId[] | StudyNode | undefined,
  selected: readonly unknown[] | undefined,
): readonly StudyId[] | null {
  if (Array.isArray(target)) return target;
  const nodes = (selected as readonly StudyNode[] | undefined)?.filter(({ kind }) => kind === 'study') ?? [];
  return nodes.length < 2 ? null : nodes.map(({ study }) => study);
}

async function askStudies(server: StudyServer, location: StudyLocation): Promise<readonly StudyId[] | null> {
  const analysed = (await listedStudies(server, location)).filter(
    ({ nFragments, map }) => nFragments !== null || map !== undefined,
  );
  const listed = new Set(analysed.map(({ id }) => id));
  const items = [
    ...analysed.map(({ id, name, state }) => ({ ...studyChoice(name, state, id), study: id })),
    ...location
      .opened()
      .filter((study) => !listed.has(study))
      .map((id) => ({ ...studyChoice(id, '', id), study: id })),
  ];
  if (items.length < 2) {
    throw new UserFault(
      l10n.t('A comparison takes two finished studies.'),
      l10n.t('Run a second one, or open one (Verbatim: Open Study File).'),
    );
  }
  const title = l10n.t('Compare which studies? Choose two or more.');
  const picked = await window.showQuickPick(items, { title, canPickMany: true, matchOnDetail: true });
  if (picked === undefined) return null;
  if (picked.length < 2) {
    throw new UserFault(l10n.t('A comparison takes two studies or more.'), l10n.t('Choose another one.'));
  }
  return picked.map(({ study }) => study);
}

// The end of a study's run, in one message: the share with its interval, or how close nothing was, and the ways on.

import { commands, l10n } from 'vscode';
import { forLabel } from '../../guard/text/for-label.ts';
import { measureDashboard } from '../../protocol/dashboard.ts';
import { listRegionGroups } from '../../protocol/extraction-map.ts';
import { measureMapDashboard } from '../../protocol/map-dashboard.ts';
import type { StudySummary } from '../../protocol/study.ts';
import { type ListedFragment, viewFragments } from '../../protocol/views.ts';
import { fragmentsText, regionsText, windowsText } from '../counts-text.ts';
import { showInformation } from '../notify.ts';
import { percentText } from '../percent-text.ts';
import type { StudyServer } from '../study-server.ts';
import { sourceParts } from '../tree/fragment-item.ts';
import { closestMatch } from './closest-match.ts';

export async function offerResult(
  server: StudyServer,
  summary: StudySummary,
  show: () => Promise<void>,
): Promise<void> {
  const { id: study, nFragments } = summary;
  if (summary.map !== undefined) return offerMap(server, summary, show);
  if (nFragments === null) return; // Paused: the study's row says how far it came.
  const dashboard = l10n.t('Open Dashboard');
  const comparison = l10n.t('First Comparison');
  const list = l10n.t('Show in Studies');
  const closest = l10n.t('Show Closest Matches');
  const match = await closestMatch(server, summary);
  const result = await resultText(server, summary, match);
  const ways = nFragments === 0 ? (match === null ? [] : [closest]) : [comparison];
  const chosen = await showInformation(result, dashboard, ...ways, list);
  if (chosen === list) await show();
  if (chosen === closest) await commands.executeCommand('verbatim.showClosest', study);
  if (chosen === dashboard) await commands.executeCommand('verbatim.openDashboard', study);
  if (chosen !== comparison) return;
  const { items } = await server.request(viewFragments, {
    ...{
      study,
      filter: {},
      baseline: null,
      grouping: 'family',
      group: null,
      order: 'logic',
      offset: 0,
      limit: 1,
    },
  });
  const fingerprint = items[0]?.fingerprint;
  if (fingerprint !== undefined) {
    await commands.executeCommand('verbatim.compareFragment', { study, fingerprint });
  }
}

/** Rates of more windows take so long that they are left to the dashboard. */
const MOST_WINDOWS = 20_000_000;

/** What a map that has come to its end says: the share that could be drawn out, and the likeliest document. */
async function offerMap(
  server: StudyServer,
  { id: study, name, state, map }: StudySummary,
  show: () => Promise<void>,
): Promise<void> {
  const list = l10n.t('Show in Studies');
  if (map === undefined || map.nWindows === 0 || !['complete', 'partial'].includes(state)) return;
  if (map.nWindows > MOST_WINDOWS) {
    const text = l10n.t(
      '{0}: {1} in {2}.',
      forLabel(name),
      regionsText(map.nRegions),
      windowsText(map.nWindows),
    );
    if ((await showInformation(text, list)) === list) await show();
    return;
  }
  const { extractable, how } = await server.request(measureMapDashboard, { study });
  const { share } = extractable.find(({ n, p }) => n === 100 && p === 0.5)!;
  const text = l10n.t(
    '{0}: {1} of {2} are more likely than not to be among 100 draws (95 % interval {3} to {4}; {5}).',
    forLabel(name),
    percentText(share.value),
    windowsText(map.nWindows),
    percentText(share.low),
    percentText(share.high),
    how,
  );
  const dashboard = l10n.t('Open Dashboard');
  const document = l10n.t('Likeliest Document');
  const ways = map.nRegions === 0 ? [] : [document];
  const chosen = await showInformation(text, dashboard, ...ways, list);
  if (chosen === list) await show();
  if (chosen === dashboard) await commands.executeCommand('verbatim.openDashboard', study);
  if (chosen !== document) return;
  const { items } = await server.request(listRegionGroups, {
    ...{ study, by: 'document', filter: {}, baseline: null, offset: 0, limit: 1 },
  });
  const [first] = items;
  if (first !== undefined) {
    await commands.executeCommand('verbatim.openRegion', { study, documentId: first.key });
  }
}

async function resultText(
  server: StudyServer,
  summary: StudySummary,
  match: ListedFragment | null,
): Promise<string> {
  const name = forLabel(summary.name);
  const { samples } = await server.request(measureDashboard, { study: summary.id });
  if (summary.nFragments === 0) {
    const text = l10n.t(
      '{0}: no sample repeats {1} lines or more of the training data. At 95 % confidence the true share is at most {2}.',
      name,
      summary.plan.rule.minLines,
      percentText(samples.high),
    );
    if (match === null) return text;
    const places = sourceParts(match).join(' · ');
    return `${text} ${l10n.t('The closest are {0} lines of {1}.', match.nLines, places)}`;
  }
  return l10n.t(
    '{0}: {1} of samples repeat training data (95 % interval {2} to {3}), {4} in all.',
    name,
    percentText(samples.value),
    percentText(samples.low),
    percentText(samples.high),
    fragmentsText(summary.nFragments ?? 0),
  );
}

// Opens a study's dashboard: that of the row that was pressed, or one that is chosen.

import { l10n, window } from 'vscode';
import type { StudyId } from '../../protocol/study.ts';
import type { CommandMap } from '../command-map.ts';
import type { SideBySide } from '../documents/side-by-side.ts';
import { showInformation } from '../notify.ts';
import { listedStudies } from '../studies/listed-studies.ts';
import { studyChoice } from '../studies/study-choice.ts';
import type { StudyLocation } from '../studies/study-location.ts';
import type { StudyServer } from '../study-server.ts';
import type { Dashboards } from './dashboards.ts';

export function dashboardCommand(
  dashboards: Dashboards,
  server: StudyServer,
  location: StudyLocation,
  columns: Pick<SideBySide, 'leave'>,
): Pick<CommandMap, 'verbatim.openDashboard'> {
  return {
    async 'verbatim.openDashboard'(target) {
      const study =
        target === undefined
          ? await askWhichStudy(l10n.t('Open a dashboard'), server, location)
          : typeof target === 'string'
            ? target
            : target.study;
      if (study === null) return;
      await columns.leave(); // A page beside a comparison would be half as wide.
      dashboards.show(study);
    },
  };
}

export async function askWhichStudy(
  title: string,
  server: StudyServer,
  location: StudyLocation,
): Promise<StudyId | null> {
  const listed = await listedStudies(server, location);
  const opened = location.opened().filter((study) => !listed.some(({ id }) => id === study));
  const items = [
    ...listed.map(({ id, name, state }) => ({ ...studyChoice(name, state, id), study: id })),
    ...opened.map((id) => ({ ...studyChoice(id, '', id), study: id })),
  ];
  if (items.length === 0) {
    void showInformation(l10n.t('There is no study yet.'));
    return null;
  }
  if (items.length === 1) return items[0]!.study;
  return (await window.showQuickPick(items, { title, matchOnDetail: true }))?.study ?? null;
}

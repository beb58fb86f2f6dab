// The commands that take results out of the editor: reports and training rows as files.

import { basename, dirname, extname, join } from 'node:path';
import { commands, l10n, Uri, window } from 'vscode';
import { forLabel } from '../guard/text/for-label.ts';
import { type FragmentsChosen, type SavedFormat, saveReport, saveTrainingRows } from '../protocol/leaving.ts';
import type { StudyId } from '../protocol/study.ts';
import type { CommandMap } from './command-map.ts';
import { askWhichStudy } from './dashboard/dashboard-command.ts';
import { UserFault } from './failure.ts';
import { showInformation, withNotification } from './notify.ts';
import type { StudyLocation } from './studies/study-location.ts';
import type { StudyServer } from './study-server.ts';
import {
  type ClusterNode,
  type FragmentNode,
  fingerprintOf,
  type RegionGroupNode,
  type RegionNode,
  type StudyNode,
} from './tree/tree-node.ts';
import type { ViewOptions } from './tree/view-options.ts';
import { requireTrust } from './trust/require-trust.ts';

const FORMATS: Readonly<Record<SavedFormat, string>> = {
  html: l10n.t('Web page'),
  md: 'Markdown',
  csv: 'CSV',
  json: 'JSON',
  sarif: 'SARIF',
};

type Parts = {
  readonly server: StudyServer;
  readonly location: StudyLocation;
  readonly options: Pick<ViewOptions, 'filter'>;
};

export function saveCommands({
  server,
  location,
  options,
}: Parts): Pick<CommandMap, 'verbatim.saveReport' | 'verbatim.saveTrainingRows'> {
  const whichStudy = (title: string, target: StudyNode | StudyId | undefined) => {
    if (target === undefined) return askWhichStudy(title, server, location);
    return Promise.resolve(typeof target === 'string' ? target : target.study);
  };

  return {
    async 'verbatim.saveReport'(target, given) {
      requireTrustToSave();
      const study = await whichStudy(l10n.t('Save the report of which study?'), target);
      if (study === null) return;
      const title = l10n.t('Save the report as .html, .md, .csv, .json or .sarif');
      const file = given?.fsPath ?? (await askFile(title, study, 'html', Object.entries(FORMATS)));
      if (file === undefined) return;
      const format = formatOf(file);
      const baseline = location.baselineFile();
      await withNotification(l10n.t('Saving the report'), (_, token) =>
        server.request(saveReport, { study, format, file, baseline }, token),
      );
      await offer(file, l10n.t('{0} is saved.', basename(file)));
    },
    async 'verbatim.saveTrainingRows'(target, selected, given) {
      requireTrustToSave();
      const title = l10n.t('Save the training rows of which study?');
      const study = await whichStudy(title, isStudy(target) ? target : target?.study);
      if (study === null) return;
      const file =
        given?.fsPath ??
        (await askFile(l10n.t('Save training rows'), study, 'rows.jsonl', [['jsonl', l10n.t('JSON lines')]]));
      if (file === undefined) return;
      const chosen = chosenOf(target, selected ?? []);
      const { nRows, nUnlisted } = await withNotification(l10n.t('Saving training rows'), (_, token) =>
        server.request(saveTrainingRows, { study, file, chosen }, token),
      );
      const rows =
        nRows === 1
          ? l10n.t('1 training row is saved.')
          : l10n.t('{0} training rows are saved.', nRows.toLocaleString());
      const more = l10n.t(
        '{0} more occurrences lie beyond the places that are kept.',
        nUnlisted.toLocaleString(),
      );
      await offer(file, nUnlisted === 0 ? rows : `${rows} ${more}`);
    },
  };

  /** What is selected, if what was pressed is part of it; or else what was pressed, as the view's filter shows it. */
  function chosenOf(
    target: StudyNode | ClusterNode | FragmentNode | RegionGroupNode | RegionNode | StudyId | undefined,
    selected: readonly unknown[],
  ): FragmentsChosen {
    const view = { filter: options.filter, baseline: location.baselineFile() } as const;
    if (isStudy(target) || target === undefined) {
      return { ...view, kind: 'view', grouping: 'flat', group: null };
    }
    if (target.kind === 'cluster') {
      return { ...view, kind: 'view', grouping: target.grouping, group: target.group.name };
    }
    if (target.kind === 'region-group') {
      return { ...view, kind: 'regions', by: target.parent.by, key: target.group.key };
    }
    const nodes = (selected as readonly (FragmentNode | RegionNode)[]).filter(
      ({ kind, study }) => kind === target.kind && study === target.study,
    );
    const all = nodes.includes(target) ? nodes : [target];
    return { kind: 'named', fingerprints: [...new Set(all.map(fingerprintOf))] };
  }
}

const isStudy = (target: unknown): target is StudyNode | StudyId =>
  typeof target === 'string' || (target as StudyNode | undefined)?.kind === 'study';

const requireTrustToSave = () => requireTrust(l10n.t('Results are only saved in trusted workspaces.'));

async function askFile(
  title: string,
  study: StudyId,
  ending: string,
  formats: readonly (readonly [ending: string, name: string])[],
): Promise<string | undefined> {
  const name = `${basename(study, '.sqlite')}.${ending}`;
  // A study's own folder is hidden, and nobody would find the file there.
  const folder = basename(dirname(study)) === '.verbatim' ? dirname(dirname(study)) : dirname(study);
  const chosen = await window.showSaveDialog({
    title,
    defaultUri: Uri.file(join(folder, name)),
    filters: Object.fromEntries(formats.map(([each, title]) => [title, [each]])),
  });
  return chosen?.fsPath;
}

function formatOf(file: string): SavedFormat {
  const ending = extname(file).slice(1).toLowerCase();
  const format = ending === 'htm' ? 'html' : ending;
  if (format in FORMATS) return format as SavedFormat;
  throw new UserFault(
    l10n.t('No report has the ending of {0}.', forLabel(basename(file))),
    l10n.t('End its name with .html, .md, .csv, .json or .sarif.'),
  );
}

async function offer(file: string, text: string): Promise<void> {
  const open = l10n.t('Open');
  void showInformation(text, open).then((chosen) => {
    if (chosen !== open) return;
    const uri = Uri.file(file);
    // A page is for a browser; the editor would show its source.
    return /\.html?$/i.test(file)
      ? commands
          .executeCommand('revealFileInOS', uri)
          .then(undefined, () => commands.executeCommand('vscode.open', uri))
      : commands.executeCommand('vscode.open', uri);
  });
}

// The commands that run, stop, open and drop studies.

import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { commands, l10n, type Uri, window, workspace } from 'vscode';
import { getDemoPlan, getStudy, listStudies } from '../protocol/requests.ts';
import type { StudyId, StudyPlan, StudySummary } from '../protocol/study.ts';
import type { CommandMap } from './command-map.ts';
import type { ErrorFunnel, Remedy } from './error-funnel.ts';
import { UserFault } from './failure.ts';
import { readRule, readSampling } from './settings.ts';
import type { StudyLocation } from './studies/study-location.ts';
import type { StudyRuns } from './studies/study-runs.ts';
import type { StudyServer } from './study-server.ts';
import type { NoticeNode, StudyNode } from './tree/tree-node.ts';
import { askWhatToStudy, type StudyChoice } from './wizard/study-wizard.ts';

type Names =
  | 'verbatim.runStudy'
  | 'verbatim.runDemo'
  | 'verbatim.resumeStudy'
  | 'verbatim.cancelStudy'
  | 'verbatim.openStudy'
  | 'verbatim.forgetStudy'
  | 'verbatim.deleteStudy';

export interface StudyCommandParts {
  readonly server: StudyServer;
  readonly location: StudyLocation;
  readonly runs: StudyRuns;
  readonly errors: ErrorFunnel;
  /** Selects a study in the view, and goes there. */
  readonly reveal: (study: StudyId) => Promise<void>;
  /** Selects it where the user sees the view already, and leaves the keyboard where it is. */
  readonly revealQuietly: (study: StudyId) => Promise<'shown' | 'hidden'>;
  readonly refresh: () => void;
}

export function studyCommands(parts: StudyCommandParts): Pick<CommandMap, Names> {
  const { server, location, runs, errors, reveal, revealQuietly, refresh } = parts;

  const run = async (study: StudyId, plan: StudyPlan | null, remedy?: Remedy) => {
    if (runs.get(study) !== undefined) return reveal(study);
    await commands.executeCommand('verbatim.studies.focus');
    const summary = await errors.run(() => runs.run(study, plan), remedy);
    if (summary === undefined || (await revealQuietly(study)) === 'shown') return;
    void offerResult(summary, () => reveal(study));
  };

  const runDemo = async () => {
    const study = location.demoFile();
    const isComplete = existsSync(study) && (await server.request(getStudy, { study })).state === 'complete';
    if (!isComplete) return run(study, await server.request(getDemoPlan, {}));
    await commands.executeCommand('verbatim.studies.focus');
    await reveal(study);
  };

  const runFolders = (choice: StudyChoice & { kind: 'folders' }) => {
    requireTrust(l10n.t('Models and training data are only read in trusted workspaces.'));
    const plan: StudyPlan = {
      model: choice.model,
      samples: null,
      corpus: choice.corpus,
      sampling: readSampling(choice.nSamples),
      rule: readRule(),
    };
    return run(location.newFile(choice.model), plan, {
      title: l10n.t('Choose Again'),
      run: () => commands.executeCommand('verbatim.runStudy'),
    });
  };

  return {
    async 'verbatim.runStudy'(given) {
      const choice = given ?? (await askWhatToStudy());
      if (choice === null) return;
      await (choice.kind === 'demo' ? runDemo() : runFolders(choice));
    },
    'verbatim.runDemo': runDemo,
    async 'verbatim.resumeStudy'(target) {
      const study = target === undefined ? await askWhichToResume(server, location) : studyOf(target);
      if (study === null) return;
      if (location.isInWorkspace(study)) {
        requireTrust(l10n.t('This study came with the workspace and names the model to load.'));
      }
      await run(study, null);
    },
    async 'verbatim.cancelStudy'(target) {
      const study = target === undefined ? await askWhichToCancel(runs) : studyOf(target);
      if (study !== null) runs.cancel(study);
    },
    async 'verbatim.openStudy'(file) {
      const study = (file ?? (await askForStudyFile()))?.fsPath;
      if (study === undefined) return;
      await server.request(getStudy, { study }); // Fails here, with its reason, when it is none.
      await location.open(study);
      refresh();
      await commands.executeCommand('verbatim.studies.focus');
      await reveal(study);
    },
    async 'verbatim.forgetStudy'(target: StudyNode | NoticeNode) {
      await location.forget(target.study);
      refresh();
    },
    async 'verbatim.deleteStudy'({ study, summary }) {
      const button = l10n.t('Delete');
      const question = l10n.t('Delete the study {0}?', summary.name);
      const detail = l10n.t('Its samples and results are gone for good. The model and its data stay.');
      if ((await window.showWarningMessage(question, { modal: true, detail }, button)) !== button) return;
      await location.delete(study);
      refresh();
    },
  };
}

/** For a user who went elsewhere while it ran. */
async function offerResult(summary: StudySummary, show: () => Promise<void>): Promise<void> {
  const count = (summary.nFragments ?? 0).toLocaleString();
  const text = l10n.t('{0}: {1} fingerprints were found.', summary.name, count);
  const button = l10n.t('Show');
  if ((await window.showInformationMessage(text, button)) === button) await show();
}

function studyOf(target: StudyNode | StudyId): StudyId {
  return typeof target === 'string' ? target : target.study;
}

function requireTrust(reason: string): void {
  if (workspace.isTrusted) return;
  throw new UserFault(reason, l10n.t('Trust the workspace first (Workspaces: Manage Workspace Trust).'));
}

async function askForStudyFile(): Promise<Uri | undefined> {
  const chosen = await window.showOpenDialog({
    title: l10n.t('Open a study'),
    openLabel: l10n.t('Open Study'),
    filters: { [l10n.t('Verbatim studies')]: ['sqlite'] },
  });
  return chosen?.[0];
}

async function askWhichToResume(server: StudyServer, location: StudyLocation): Promise<StudyId | null> {
  const lists = location.folders().map((folder) => server.request(listStudies, { folder }));
  const stopped = (await Promise.all(lists)).flat().filter(({ state }) => state !== 'complete');
  if (stopped.length === 0) {
    void window.showInformationMessage(l10n.t('There is no stopped study to resume.'));
    return null;
  }
  const items = stopped.map(({ id, name, state }) => ({ label: name, description: state, detail: id }));
  return (await window.showQuickPick(items, { title: l10n.t('Resume a study') }))?.detail ?? null;
}

async function askWhichToCancel(runs: StudyRuns): Promise<StudyId | null> {
  const [only, ...others] = runs.all();
  if (only === undefined) return null;
  if (others.length === 0) return only.study;
  const items = runs.all().map(({ study }) => ({ label: basename(study), detail: study }));
  return (await window.showQuickPick(items, { title: l10n.t('Stop a study') }))?.detail ?? null;
}

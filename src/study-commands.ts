// The commands that run, stop, open and drop studies.

import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { commands, l10n, type Uri, window, workspace } from 'vscode';
import { forLabel } from '../guard/text/for-label.ts';
import { makePlan, readPlan } from '../protocol/plan-file.ts';
import { deleteStudy, getDemoPlan, getStudy } from '../protocol/requests.ts';
import { namesModel, type StudyId, type StudyPlan } from '../protocol/study.ts';
import type { CommandMap } from './command-map.ts';
import type { ErrorFunnel, Remedy } from './error-funnel.ts';
import { UserFault } from './failure.ts';
import { confirm, showInformation } from './notify.ts';
import { searchAgainCommands } from './search-again-commands.ts';
import { listedStudies } from './studies/listed-studies.ts';
import { offerResult } from './studies/offer-result.ts';
import { studyChoice } from './studies/study-choice.ts';
import type { StudyLocation } from './studies/study-location.ts';
import type { StudyRuns } from './studies/study-runs.ts';
import type { StudyServer } from './study-server.ts';
import type { NoticeNode, StudyNode } from './tree/tree-node.ts';
import type { NamedPlaces } from './trust/named-places.ts';
import { requireTrust } from './trust/require-trust.ts';
import type { WorkspaceGate } from './trust/workspace-gate.ts';
import { tickStep } from './walkthrough-steps.ts';
import type { StudyWizard } from './wizard/study-wizard.ts';

type Names =
  | 'verbatim.runStudy'
  | 'verbatim.runDemo'
  | 'verbatim.resumeStudy'
  | 'verbatim.pauseStudy'
  | 'verbatim.cancelStudy'
  | 'verbatim.showRunningStudy'
  | 'verbatim.runPlan'
  | 'verbatim.showSoFar'
  | 'verbatim.showClosest'
  | 'verbatim.openStudy'
  | 'verbatim.forgetStudy'
  | 'verbatim.deleteStudy';

export interface StudyCommandParts {
  readonly server: StudyServer;
  readonly location: StudyLocation;
  readonly runs: StudyRuns;
  readonly gate: Pick<WorkspaceGate, 'requireAdmitted'>;
  readonly named: Pick<NamedPlaces, 'remember'>;
  readonly errors: ErrorFunnel;
  readonly wizard: StudyWizard;
  /** Selects a study in the view, and goes there. */
  readonly reveal: (study: StudyId) => Promise<void>;
  /** Selects it where the user sees the view already, and leaves the keyboard where it is. */
  readonly revealQuietly: (study: StudyId) => Promise<'shown' | 'hidden'>;
  readonly refresh: () => void;
}

export function studyCommands(parts: StudyCommandParts): Pick<CommandMap, Names> {
  const { server, location, runs, gate, named, errors, wizard, reveal, revealQuietly, refresh } = parts;

  const run = async (study: StudyId, plan: StudyPlan | null, remedy?: Remedy, upTo?: 'scanned') => {
    if (runs.get(study) !== undefined) return reveal(study);
    await commands.executeCommand('verbatim.studies.focus');
    const summary = await errors.run(() => runs.run(study, plan, upTo), remedy);
    if (summary === undefined) return;
    if (summary.state === 'complete') tickStep(basename(study) === 'demo.sqlite' ? 'demo' : 'own');
    await revealQuietly(study);
    void errors.run(() => offerResult(server, summary, () => reveal(study)));
  };

  const runDemo = async () => {
    const study = await location.demoFile();
    const isComplete = existsSync(study) && (await server.request(getStudy, { study })).state === 'complete';
    if (!isComplete) return run(study, await server.request(getDemoPlan, {}));
    tickStep('demo');
    await commands.executeCommand('verbatim.studies.focus');
    await reveal(study);
    const name = basename(study);
    const again = l10n.t('Run Again');
    const text = l10n.t('The demo has been run already: {0} holds its result.', name);
    if ((await showInformation(text, again)) !== again) return;
    await deleteFile(study);
    await run(study, await server.request(getDemoPlan, {}));
  };

  const runPlan = async (plan: StudyPlan, remedy: Remedy) => {
    await run(await location.newFile(namesModel(plan.source) ?? 'study'), plan, remedy);
  };

  const deleteFile = async (study: StudyId) => {
    await server.request(deleteStudy, { study });
    await location.forget(study);
    refresh();
  };

  return {
    ...searchAgainCommands({
      server,
      location,
      gate,
      run: (study, plan, upTo) => run(study, plan, undefined, upTo),
    }),
    async 'verbatim.runStudy'(given) {
      const choice = given ?? (await wizard.ask());
      if (choice === null) return;
      if (choice.kind === 'demo') return runDemo();
      requireTrustToRun();
      const plan = await server.request(makePlan, choice);
      if (given === undefined) await named.remember(plan);
      await runPlan(plan, {
        title: l10n.t('Choose Again'),
        run: () => commands.executeCommand('verbatim.runStudy'),
      });
    },
    'verbatim.runDemo': runDemo,
    async 'verbatim.resumeStudy'(target) {
      const study = target === undefined ? await askWhichToResume(server, location) : studyOf(target);
      if (study === null) return;
      gate.requireAdmitted([study]);
      await run(study, null);
    },
    async 'verbatim.runPlan'(given) {
      requireTrustToRun(); // Trust is asked for before anything is looked for, saved or read.
      const file = given ?? (await askForPlanFile());
      if (file === undefined) return;
      const document = workspace.textDocuments.find(({ uri }) => uri.toString() === file.toString());
      await document?.save(); // The plan that runs is the one that is seen.
      await runPlan(await server.request(readPlan, { file: file.fsPath }), {
        title: l10n.t('Open Plan'),
        run: () => commands.executeCommand('vscode.open', file),
      });
    },
    async 'verbatim.pauseStudy'(target) {
      const study = target === undefined ? await askWhichRuns(runs) : studyOf(target);
      if (study !== null) await runs.pause(study);
    },
    async 'verbatim.cancelStudy'(target) {
      const study = target === undefined ? await askWhichRuns(runs) : studyOf(target);
      if (study === null) return;
      gate.requireAdmitted([study]);
      const button = l10n.t('Stop and Delete');
      const question = l10n.t('Stop the study {0} and delete it?', basename(study, '.sqlite'));
      const detail = l10n.t('To go on with it later, pause it instead.');
      if (!(await confirm(question, detail, button))) return;
      await runs.pause(study);
      await deleteFile(study);
    },
    async 'verbatim.showRunningStudy'() {
      const study = await askWhichRuns(runs);
      if (study === null) return;
      const name = forLabel(basename(study, '.sqlite'));
      const ways = [
        { label: l10n.t('$(eye) Show {0}', name), run: () => reveal(study) },
        {
          label: l10n.t('$(debug-pause) Pause {0}', name),
          detail: l10n.t('It can be resumed later.'),
          run: () => runs.pause(study),
        },
        {
          label: l10n.t('$(debug-stop) Stop and delete {0}…', name),
          run: () => commands.executeCommand('verbatim.cancelStudy', study),
        },
      ];
      await (await window.showQuickPick(ways, { title: l10n.t('Running study') }))?.run();
    },
    async 'verbatim.openStudy'(file) {
      const study = (file ?? (await askForStudyFile()))?.fsPath;
      if (study === undefined) return;
      await server.request(getStudy, { study }); // A file that is no study is refused here, with the reason.
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
      gate.requireAdmitted([study]);
      const button = l10n.t('Delete');
      const question = l10n.t('Delete the study {0}?', forLabel(summary.name));
      const detail = l10n.t('Its samples and results are gone for good. The model and its data stay.');
      if (!(await confirm(question, detail, button))) return;
      await deleteFile(study);
    },
  };
}

const requireTrustToRun = () =>
  requireTrust(l10n.t('Models and training data are only read in trusted workspaces.'));

function studyOf(target: StudyNode | StudyId): StudyId {
  return typeof target === 'string' ? target : target.study;
}

async function askForStudyFile(): Promise<Uri | undefined> {
  const chosen = await window.showOpenDialog({
    title: l10n.t('Open a study'),
    openLabel: l10n.t('Open Study'),
    filters: { [l10n.t('Verbatim studies')]: ['sqlite'] },
  });
  return chosen?.[0];
}

async function askForPlanFile(): Promise<Uri | undefined> {
  const files = await workspace.findFiles('**/*.verbatim.json', '**/node_modules/**', 100);
  if (files.length === 0) {
    throw new UserFault(
      l10n.t('There is no plan file (*.verbatim.json) in this workspace.'),
      l10n.t('Make one with “Verbatim: New Plan File”.'),
    );
  }
  const items = files.map((file) => ({ label: forLabel(workspace.asRelativePath(file)), file }));
  return (await window.showQuickPick(items, { title: l10n.t('Run a plan file') }))?.file;
}

async function askWhichToResume(server: StudyServer, location: StudyLocation): Promise<StudyId | null> {
  const stopped = (await listedStudies(server, location)).filter(({ state }) => state !== 'complete');
  if (stopped.length === 0) {
    void showInformation(l10n.t('There is no stopped study to resume.'));
    return null;
  }
  const items = stopped.map(({ id, name, state }) => ({ ...studyChoice(name, state, id), study: id }));
  const options = { title: l10n.t('Resume a study'), matchOnDetail: true };
  return (await window.showQuickPick(items, options))?.study ?? null;
}

async function askWhichRuns(runs: StudyRuns): Promise<StudyId | null> {
  const [only, ...others] = runs.all();
  if (only === undefined) return null;
  if (others.length === 0) return only.study;
  const items = runs.all().map(({ study }) => ({ ...studyChoice(basename(study), '', study), study }));
  return (await window.showQuickPick(items, { title: l10n.t('Which study?') }))?.study ?? null;
}

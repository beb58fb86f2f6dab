// Every command of the extension with what it takes: the list is the documentation. Handlers are made in
// study-commands.ts, view-commands.ts, fragment-commands.ts, find-memorised-command.ts, plan-commands.ts and
// provider-commands.ts.

import { commands, Disposable, type Uri } from 'vscode';
import type { StudyId } from '../protocol/study.ts';
import type { Category, FragmentFilter } from '../protocol/views.ts';
import type { ComparisonTarget, SampleRef } from './documents/open-texts.ts';
import type { ErrorFunnel } from './error-funnel.ts';
import type {
  FragmentNode,
  MoreNode,
  NoticeNode,
  SampleNode,
  StudyNode,
  TrainNode,
} from './tree/tree-node.ts';
import type { StudyChoice } from './wizard/study-wizard.ts';

/** From the palette nothing is passed; from the tree, the node. */
export interface CommandMap {
  /** Asks what to study unless told, runs it, and shows it in the view. */
  'verbatim.runStudy': (choice?: StudyChoice) => Promise<void>;
  'verbatim.runDemo': () => Promise<void>;
  'verbatim.resumeStudy': (target?: StudyNode | StudyId) => Promise<void>;
  /** Stops it; resuming goes on where it was. */
  'verbatim.pauseStudy': (target?: StudyNode | StudyId) => Promise<void>;
  /** Asks first, then stops it and deletes what it had. */
  'verbatim.cancelStudy': (target?: StudyNode | StudyId) => Promise<void>;
  /** Offers to show, pause or stop what runs. */
  'verbatim.showRunningStudy': () => Promise<void>;
  /** Runs the study that a `*.verbatim.json` file describes; asks which unless told. */
  'verbatim.runPlan': (file?: Uri) => Promise<void>;
  'verbatim.newPlan': () => Promise<void>;
  'verbatim.openStudy': (file?: Uri) => Promise<void>;
  'verbatim.forgetStudy': (target: StudyNode | NoticeNode) => Promise<void>;
  /** Asks first; the file goes for good. */
  'verbatim.deleteStudy': (target: StudyNode) => Promise<void>;
  /** Asks which study, where none is given. */
  'verbatim.openDashboard': (target?: StudyNode | StudyId) => Promise<void>;
  'verbatim.refreshStudies': () => void;
  'verbatim.sortFragments': () => Promise<void>;
  'verbatim.groupFragments': () => Promise<void>;
  /** Asks for words and parts unless told. */
  'verbatim.filterFragments': (filter?: FragmentFilter) => Promise<void>;
  'verbatim.clearFilter': () => Promise<void>;
  'verbatim.showMore': (node: MoreNode) => void;
  /** Sample left, training document right. */
  'verbatim.compareFragment': (
    target: ComparisonTarget | FragmentNode | TrainNode | SampleNode,
  ) => Promise<void>;
  /** Every place in the training data, in one editor. */
  'verbatim.compareAllOccurrences': (
    target: ComparisonTarget | FragmentNode | TrainNode | SampleNode,
  ) => Promise<void>;
  'verbatim.nextOccurrence': () => Promise<void>;
  'verbatim.previousOccurrence': () => Promise<void>;
  'verbatim.openSample': (target: SampleRef | SampleNode) => Promise<void>;
  /** A copy of the sample in front, to be edited. */
  'verbatim.editSample': () => Promise<void>;
  /** Marks what the text in front shares with the fragments of all studies. */
  'verbatim.findMemorised': (text?: Uri) => Promise<void>;
  'verbatim.openDocument': (node: TrainNode) => Promise<void>;
  'verbatim.copyFingerprint': (node: FragmentNode) => Promise<void>;
  /** Takes it into the workspace's baseline, with a reason. */
  'verbatim.acceptFragment': (node: FragmentNode, reason?: string) => Promise<void>;
  'verbatim.unacceptFragment': (node: FragmentNode) => Promise<void>;
  /** Labels a fragment by hand; null takes the label away. */
  'verbatim.labelFragment': (node: FragmentNode, label?: Category | null) => Promise<void>;
  /** The rows of the training data that hold it, as JSON lines. */
  'verbatim.showTrainingRows': (
    target: ComparisonTarget | FragmentNode | TrainNode | SampleNode,
  ) => Promise<void>;
  'verbatim.toggleDecorations': () => Promise<void>;
  'verbatim.restartServer': () => Promise<void>;
  /** Fetches what sampling with CUDA needs, in a terminal. */
  'verbatim.installCuda': () => void;
  /** What can be used for sampling here, and the next step for what cannot. */
  'verbatim.checkSystem': () => void;
  'verbatim.showLog': () => void;
}

export function registerCommands(map: CommandMap, errors: ErrorFunnel): Disposable {
  const registered = Object.entries(map).map(([name, handler]) =>
    commands.registerCommand(name, (...args: readonly unknown[]) =>
      errors.run(() => (handler as (...args: readonly unknown[]) => unknown)(...args)),
    ),
  );
  return Disposable.from(...registered);
}

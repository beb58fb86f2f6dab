// Every command of the extension with what it takes: the list is the documentation. Handlers are made in
// study-commands.ts, search-again-commands.ts, heat-map/map-commands.ts, view-commands.ts, fragment-commands.ts, find-memorised-command.ts, plan-commands.ts,
// provider-commands.ts and in live/.

import { commands, Disposable, type Uri } from 'vscode';
import type { StudyId } from '../protocol/study.ts';
import type { Category, FragmentFilter } from '../protocol/views.ts';
import type { MatchPlace } from './decorations/index-mark.ts';
import type { ComparisonTarget } from './documents/comparison-target.ts';
import type { SampleRef } from './documents/open-texts.ts';
import type { ErrorFunnel } from './error-funnel.ts';
import type { RegionTarget } from './heat-map/region-target.ts';
import type { IndexChoice } from './live/index-choice.ts';
import type {
  ClusterNode,
  FragmentNode,
  MoreNode,
  NoticeNode,
  RegionGroupNode,
  RegionNode,
  SampleNode,
  StudyNode,
  TrainNode,
} from './tree/tree-node.ts';
import type { StudyChoice } from './wizard/study-wizard.ts';

/** The palette passes nothing to a command, and the tree passes the node that was pressed. */
export interface CommandMap {
  /** Asks what to study unless told, runs it, and shows it in the view. */
  'verbatim.runStudy': (choice?: StudyChoice) => Promise<void>;
  'verbatim.runDemo': () => Promise<void>;
  'verbatim.resumeStudy': (target?: StudyNode | StudyId) => Promise<void>;
  /** Stops a running study, which can be resumed where it was. */
  'verbatim.pauseStudy': (target?: StudyNode | StudyId) => Promise<void>;
  /** Stops a running study and deletes what it had, if the user says so. */
  'verbatim.cancelStudy': (target?: StudyNode | StudyId) => Promise<void>;
  /** Offers to show, pause or stop the study that runs. */
  'verbatim.showRunningStudy': () => Promise<void>;
  /** Runs the study that a `*.verbatim.json` file describes; asks which unless told. */
  'verbatim.runPlan': (file?: Uri) => Promise<void>;
  'verbatim.newPlan': () => Promise<void>;
  'verbatim.openStudy': (file?: Uri) => Promise<void>;
  'verbatim.forgetStudy': (target: StudyNode | NoticeNode) => Promise<void>;
  /** Deletes a study's file for good, if the user says so. */
  'verbatim.deleteStudy': (target: StudyNode) => Promise<void>;
  /** Looks for what the samples that a study has by now repeat. */
  'verbatim.showSoFar': (target: StudyNode | StudyId) => Promise<void>;
  /** Looks for shorter pieces in the samples of a study that found nothing. */
  'verbatim.showClosest': (target: StudyNode | StudyId) => Promise<void>;
  /** Opens the dashboard of a study, and asks which if none is given. */
  'verbatim.openDashboard': (target?: StudyNode | StudyId) => Promise<void>;
  'verbatim.refreshStudies': () => void;
  'verbatim.sortFragments': () => Promise<void>;
  'verbatim.groupFragments': () => Promise<void>;
  /** Filters the view, and asks for words and parts if none are given. */
  'verbatim.filterFragments': (filter?: FragmentFilter) => Promise<void>;
  'verbatim.clearFilter': () => Promise<void>;
  'verbatim.showMore': (node: MoreNode) => void;
  /** Opens a sample on the left beside a training document on the right. */
  'verbatim.compareFragment': (
    target: ComparisonTarget | FragmentNode | TrainNode | SampleNode,
  ) => Promise<void>;
  /** Opens every place in the training data in one editor. */
  'verbatim.compareAllOccurrences': (
    target: ComparisonTarget | FragmentNode | TrainNode | SampleNode,
  ) => Promise<void>;
  'verbatim.nextOccurrence': () => Promise<void>;
  'verbatim.previousOccurrence': () => Promise<void>;
  /** Opens the comparison in front as a diff of the editor's own. */
  'verbatim.showDifferences': () => Promise<void>;
  'verbatim.openSample': (target: SampleRef | SampleNode) => Promise<void>;
  /** Opens a copy of the sample in front that can be edited. */
  'verbatim.editSample': () => Promise<void>;
  /** Marks what the text in front shares with the fragments of all studies. */
  'verbatim.findMemorised': (text?: Uri) => Promise<void>;
  'verbatim.openDocument': (node: TrainNode) => Promise<void>;
  /** Opens a training document of an extraction map as a heat map, at a region. */
  'verbatim.openRegion': (target: RegionTarget | RegionNode) => Promise<void>;
  /** Goes to the next region of the heat map in front. */
  'verbatim.nextRegion': () => Promise<void>;
  'verbatim.previousRegion': () => Promise<void>;
  /** Measures each token of the heat map in front, or stops that. */
  'verbatim.measureTokens': () => Promise<void>;
  /** Says what the colours of the heat map in front mean. */
  'verbatim.showHeatLegend': () => Promise<void>;
  'verbatim.copyFingerprint': (node: FragmentNode | RegionNode) => Promise<void>;
  /** Takes a fragment, or all regions of a map with the same text, into the workspace's baseline, with a reason. */
  'verbatim.acceptFragment': (node: FragmentNode | RegionNode, reason?: string) => Promise<void>;
  'verbatim.unacceptFragment': (node: FragmentNode | RegionNode) => Promise<void>;
  /** Labels a fragment by hand; a null label takes the one there away. */
  'verbatim.labelFragment': (node: FragmentNode, label?: Category | null) => Promise<void>;
  /** Opens the rows of the training data that hold a fragment or a region, as JSON lines. */
  'verbatim.showTrainingRows': (
    target: ComparisonTarget | FragmentNode | TrainNode | SampleNode | RegionNode,
  ) => Promise<void>;
  /** Saves a study's report in the form that the file's ending says. */
  'verbatim.saveReport': (target?: StudyNode | StudyId, file?: Uri) => Promise<void>;
  /** Saves the training rows that hold fragments of a study, of a group, or of what is selected. */
  'verbatim.saveTrainingRows': (
    target?: StudyNode | ClusterNode | FragmentNode | RegionGroupNode | RegionNode | StudyId,
    selected?: readonly unknown[],
    file?: Uri,
  ) => Promise<void>;
  /** Saves where the text in front stands in the training data: licences, sources and counts. */
  'verbatim.saveAttribution': (file?: Uri) => Promise<void>;
  /** Shows studies beside each other, and asks which if none are given. */
  'verbatim.compareStudies': (
    target?: readonly StudyId[] | StudyNode,
    selected?: readonly unknown[],
  ) => Promise<void>;
  /** Chooses the index that texts are looked up in, or builds one. */
  'verbatim.chooseIndex': (choice?: IndexChoice) => Promise<void>;
  /** Looks the text in front up in the index that is chosen. */
  'verbatim.lookUp': (text?: Uri) => Promise<void>;
  /** Puts a comment above a piece that says where it stands and under which licence; of none given, above that at the cursor. */
  'verbatim.insertNotice': (place?: MatchPlace) => Promise<void>;
  /** Opens what a piece was found in beside the text, as a diff. */
  'verbatim.openSource': (place?: MatchPlace) => Promise<void>;
  /** Takes a piece into the workspace's baseline, with a reason. */
  'verbatim.acceptMatch': (place?: MatchPlace, reason?: string) => Promise<void>;
  'verbatim.toggleDecorations': () => Promise<void>;
  'verbatim.restartServer': () => Promise<void>;
  /** Fetches what sampling with CUDA needs, in a terminal. */
  'verbatim.installCuda': () => void;
  /** Tells in a terminal what can be used for sampling here, and the next step for what cannot. */
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

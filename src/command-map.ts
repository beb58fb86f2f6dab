// Every command of the extension with what it takes: the list is the documentation. Handlers are made in
// study-commands.ts and view-commands.ts.

import { commands, Disposable, type Uri } from 'vscode';
import type { StudyId } from '../protocol/study.ts';
import type { Comparison, SampleRef } from './documents/open-texts.ts';
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
  'verbatim.cancelStudy': (target?: StudyNode | StudyId) => Promise<void>;
  'verbatim.openStudy': (file?: Uri) => Promise<void>;
  'verbatim.forgetStudy': (target: StudyNode | NoticeNode) => Promise<void>;
  /** Asks first; the file goes for good. */
  'verbatim.deleteStudy': (target: StudyNode) => Promise<void>;
  /** Asks which study, where none is given. */
  'verbatim.openDashboard': (target?: StudyNode | StudyId) => Promise<void>;
  'verbatim.refreshStudies': () => void;
  'verbatim.sortFragments': () => Promise<void>;
  'verbatim.showMore': (node: MoreNode) => void;
  /** Sample left, training document right. */
  'verbatim.compareFragment': (target: Comparison | FragmentNode | TrainNode | SampleNode) => Promise<void>;
  'verbatim.openSample': (target: SampleRef | SampleNode) => Promise<void>;
  'verbatim.openDocument': (node: TrainNode) => Promise<void>;
  'verbatim.copyFingerprint': (node: FragmentNode) => Promise<void>;
  'verbatim.toggleDecorations': () => Promise<void>;
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

// This room's composition root: what is written is looked up in the index that the user has chosen, its marks can be
// acted on, and agents in the editor get the same answers.

import { Disposable, type ExtensionContext, languages } from 'vscode';
import type { CommandMap } from '../command-map.ts';
import type { TextMarks } from '../decorations/text-marks.ts';
import type { ErrorFunnel } from '../error-funnel.ts';
import type { StudyLocation } from '../studies/study-location.ts';
import type { StudyServer } from '../study-server.ts';
import { type AgentParts, offerToAgents } from './agents.ts';
import { chooseIndexCommand } from './choose-index.ts';
import { IndexedTexts } from './indexed-texts.ts';
import { LiveIndex } from './live-index.ts';
import { LiveProblems } from './live-problems.ts';
import { LiveStatus } from './live-status.ts';
import { MATCH_ACTIONS, MatchActions } from './match-actions.ts';
import { matchCommands } from './match-commands.ts';

export interface LiveAnswers extends Disposable {
  readonly index: LiveIndex;
  readonly status: LiveStatus;
  readonly agents: AgentParts;
  /** Documents of the index, to be opened as files. */
  readonly texts: IndexedTexts;
  readonly commands: Pick<
    CommandMap,
    keyof ReturnType<typeof chooseIndexCommand> | keyof ReturnType<typeof matchCommands>
  >;
}

export interface LiveAnswersParts {
  readonly context: ExtensionContext;
  readonly server: StudyServer;
  readonly marks: TextMarks;
  readonly location: StudyLocation;
  readonly errors: ErrorFunnel;
}

export function liveAnswers({ context, server, marks, location, errors }: LiveAnswersParts): LiveAnswers {
  const index = new LiveIndex({ server, marks, location, errors });
  const status = new LiveStatus(index, marks);
  const agents: AgentParts = {
    server,
    live: index,
    extensionPath: context.extensionPath,
    version: context.extension.packageJSON.version,
    studies: () => location.studiesFolder(),
  };
  const all = Disposable.from(
    index,
    status,
    new LiveProblems(marks),
    offerToAgents(agents),
    languages.registerCodeActionsProvider({ scheme: '*' }, new MatchActions(marks), MATCH_ACTIONS),
  );
  const commands = {
    ...chooseIndexCommand(server, context.globalStorageUri.fsPath),
    ...matchCommands({ server, location, marks, live: index }),
  };
  return {
    index,
    status,
    agents,
    texts: new IndexedTexts(server, index),
    commands,
    dispose: () => all.dispose(),
  };
}

// Every message of the protocol, by the name that it is exported under. Written out, since what runs in the extension
// host is bundled; test/unit/src/workspace-paths.test.ts holds it against the folder.

import * as agentTools from '../../protocol/agent-tools.ts';
import * as checkedText from '../../protocol/checked-text.ts';
import * as comparison from '../../protocol/comparison.ts';
import * as corpusIndex from '../../protocol/corpus-index.ts';
import * as dashboard from '../../protocol/dashboard.ts';
import * as extractionMap from '../../protocol/extraction-map.ts';
import * as findMemorised from '../../protocol/find-memorised.ts';
import * as leaving from '../../protocol/leaving.ts';
import * as mapDashboard from '../../protocol/map-dashboard.ts';
import type { Message } from '../../protocol/message.ts';
import * as planFile from '../../protocol/plan-file.ts';
import * as requests from '../../protocol/requests.ts';
import * as studyComparison from '../../protocol/study-comparison.ts';
import * as views from '../../protocol/views.ts';

type AnyMessage = Message<object, unknown>;

/** The messages among what a module exports. */
export const messagesIn = (module: object): readonly (readonly [name: string, message: AnyMessage])[] =>
  Object.entries(module).filter(
    ([, value]) => typeof (value as Partial<AnyMessage> | null)?.method === 'string',
  );

export const allMessages = [
  agentTools,
  checkedText,
  comparison,
  corpusIndex,
  dashboard,
  extractionMap,
  findMemorised,
  leaving,
  mapDashboard,
  planFile,
  requests,
  studyComparison,
  views,
].flatMap(messagesIn);

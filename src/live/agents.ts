// What agents in the editor are offered: the server that `verbatim mcp` is, and a tool that looks code up in the chosen
// index. Nothing is offered in a workspace that is not trusted.

import { join } from 'node:path';
import {
  CancellationError,
  Disposable,
  LanguageModelTextPart,
  LanguageModelToolResult,
  l10n,
  lm,
  McpStdioServerDefinition,
  workspace,
} from 'vscode';
import { rawText } from '../../guard/text/foreign.ts';
import { callTool } from '../../protocol/agent-tools.ts';
import { readSetting } from '../settings.ts';
import type { StudyServer } from '../study-server.ts';
import { requireTrust } from '../trust/require-trust.ts';
import type { LiveIndex } from './live-index.ts';

export interface AgentParts {
  readonly server: Pick<StudyServer, 'request'>;
  readonly live: Pick<LiveIndex, 'place' | 'onDidChoose'>;
  readonly extensionPath: string;
  readonly version: string;
  /** Folder of study files. */
  readonly studies: () => string;
}

export function offerToAgents(parts: AgentParts): Disposable {
  return Disposable.from(
    lm.registerMcpServerDefinitionProvider('verbatim.mcp', {
      onDidChangeMcpServerDefinitions: parts.live.onDidChoose,
      provideMcpServerDefinitions: () => serversOf(parts),
    }),
    lm.registerTool<{ readonly code?: unknown }>('verbatim_check_code', {
      prepareInvocation: () => ({ invocationMessage: l10n.t('Looking the code up in the index') }),
      async invoke({ input }, token) {
        requireTrust(l10n.t('Texts are only looked up in trusted workspaces.'));
        const { server, live, studies } = parts;
        const { code } = input;
        const request = {
          name: 'check_code',
          given: { code },
          place: live.place ?? null,
          studies: studies(),
        };
        const { answer } = await server.request(callTool, request, token);
        if (token.isCancellationRequested) throw new CancellationError();
        return new LanguageModelToolResult([new LanguageModelTextPart(rawText(answer))]);
      },
    }),
  );
}

export function serversOf({ live, extensionPath, version, studies }: AgentParts): McpStdioServerDefinition[] {
  if (!workspace.isTrusted) return [];
  const { index, root } = live.place ?? {};
  const definition = new McpStdioServerDefinition(
    'Verbatim',
    readSetting('server.runtime') || process.execPath,
    [
      join(extensionPath, 'dist', 'cli.js'),
      'mcp',
      ...['--studies', studies()],
      ...(index === undefined ? [] : ['--index', index]),
      ...(root === undefined ? [] : ['--root', root]),
    ],
    // The editor's own program is a Node only when told so.
    { ELECTRON_RUN_AS_NODE: '1' },
    version,
  );
  return [definition];
}

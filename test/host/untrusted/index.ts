// Inside the extension host of a window that is not trusted: every command, message, link and lens of the extension
// with what a stranger's workspace may put into it, and after each a look whether anything there was opened.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  CancellationTokenSource,
  type CodeLens,
  commands,
  lm,
  Position,
  Uri,
  type WebviewPanel,
  WorkspaceEdit,
  window,
  workspace,
} from 'vscode';
import type { DashboardState } from '../../../protocol/dashboard-page.ts';
import { sampleUri, trainUri } from '../../../src/documents/text-ref.ts';
import { serversOf } from '../../../src/live/agents.ts';
import { writeSetting } from '../../../src/settings.ts';
import { resumeInterrupted } from '../../../src/studies/resume-interrupted.ts';
import { WorkspaceGate } from '../../../src/trust/workspace-gate.ts';
import { allMessages } from '../../support/all-messages.ts';
import { childrenOf, extension, parts } from '../suite/extension-parts.ts';
import { eventually, type HostTest, hostTest } from '../suite/host-test.ts';
import { runTests } from '../suite/run-tests.ts';
import { getsOn } from '../suite/signs-of-life.ts';
import { WatchedFiles } from './watched-files.ts';
import {
  COMMANDS,
  fingerprint,
  MESSAGES,
  outside,
  ownStudy,
  provenance,
  root,
  STUDIES,
  study,
  within,
} from './workspace-calls.ts';

const watched = new WatchedFiles([root, join(outside, 'closed')]);

const tests: readonly HostTest[] = [
  hostTest('the window is not trusted, and a look at a file is seen', async () => {
    assert.equal(workspace.isTrusted, false);
    await extension().activate();
    watched.watch();
    assert.deepEqual(watched.touched(), []);
    readFileSync(study);
    assert.deepEqual(watched.touched(), [study]);
  }),
  hostTest('the view says that there are studies, and opens none', async () => {
    await leavingClosed('the view', async () => {
      const roots = await parts().tree.getChildren();
      assert.deepEqual(
        roots.map((node) => [node.kind, node.study]),
        [['notice', '']],
      );
      assert.match(String(parts().tree.getTreeItem(roots[0]!).label), /once it is trusted/);
    });
  }),
  hostTest('no command opens anything of the workspace, whatever it is called with', async () => {
    const { contributes } = extension().packageJSON;
    const declared = contributes.commands.map(({ command }: { command: string }) => command);
    assert.deepEqual(declared.toSorted(), Object.keys(COMMANDS).sort());
    // What opens a terminal runs this in place of the command line.
    const terminals = ['verbatim.installCuda', 'verbatim.checkSystem'];
    for (const [command, calls] of Object.entries(COMMANDS)) {
      if (terminals.includes(command)) await writeSetting('server.runtime', '/bin/true');
      await leavingClosed(command, async () => {
        for (const args of calls) await dismissing(command, args);
      });
      if (terminals.includes(command)) await writeSetting('server.runtime', '');
    }
  }),
  hostTest(
    'no message opens anything of the workspace: each is refused here, before a server sees it',
    async () => {
      const all = allMessages.filter(
        ([name]) => name !== 'studyProgress' && name !== 'indexProgress' && name !== 'getDemoPlan', // They name nothing.
      );
      assert.deepEqual(all.map(([name]) => name).sort(), Object.keys(MESSAGES).sort());
      for (const [name, message] of all) {
        await leavingClosed(name, async () => {
          for (const params of MESSAGES[name]!) {
            const asked = parts().server.request(message, params);
            const refused = await asked.then(
              () => null,
              (error: { data?: { code?: string } }) => error.data?.code,
            );
            assert.equal(refused, 'user', `${name} ${JSON.stringify(params)}`);
          }
        });
      }
    },
  ),
  hostTest('no index is opened, wherever it lies, and none is offered to agents', async () => {
    await leavingClosed('live answers', async () => {
      for (const index of [within('corpus-index'), join(outside, 'corpus-index')]) {
        await writeSetting('live.index', index);
        const document = await workspace.openTextDocument({ content: '' });
        const edit = new WorkspaceEdit();
        edit.insert(document.uri, new Position(0, 0), 'one line of many();\n'.repeat(20));
        await workspace.applyEdit(edit);
        assert.equal(parts().live.place, undefined);
        assert.equal(parts().live.answerFor(document), undefined);
        assert.equal(parts().liveStatus.text, undefined);
        assert.deepEqual(serversOf(parts().agents), []);
        const asked = lm.invokeTool(
          'verbatim_check_code',
          { input: { code: 'x' }, toolInvocationToken: undefined },
          new CancellationTokenSource().token,
        );
        await assert.rejects(async () => await asked);
      }
      await writeSetting('live.index', '');
    });
  }),
  hostTest('no link shows a study or a file of the workspace', async () => {
    const links = [...STUDIES, ownStudy].flatMap((study) => [
      sampleUri(study, 0, null),
      trainUri(study, 0, provenance),
      trainUri(study, 0, provenance, { fingerprint, firstLine: 1, lastLine: 6 }, 0),
    ]);
    for (const link of links) {
      await leavingClosed(link.toString(), async () => {
        await assert.rejects(async () => workspace.fs.stat(link));
        await assert.rejects(async () => workspace.fs.readFile(link));
        await assert.rejects(async () => workspace.openTextDocument(link));
      });
    }
  }),
  hostTest('no lens of a plan reads it or what it names', async () => {
    const file = Uri.file(within('plan.verbatim.json'));
    await workspace.openTextDocument(file); // That is the editor, at the user's wish.
    await leavingClosed('the lens', async () => {
      const lenses = await commands.executeCommand<CodeLens[]>('vscode.executeCodeLensProvider', file);
      const run = lenses.find(({ command }) => command?.command === 'verbatim.runPlan');
      await dismissing('verbatim.runPlan', run!.command!.arguments!);
    });
  }),
  hostTest('nothing that is restored opens a study of the workspace', async () => {
    const { server, dashboards } = parts();
    await leavingClosed('a dashboard', async () => {
      const panel = window.createWebviewPanel('verbatim.dashboard', 'theirs', 1) as WebviewPanel;
      const state = {
        study,
        selection: { kind: 'all' },
        order: 'train',
        predictor: 0,
        scrollTop: 0,
        tableTop: 0,
      };
      await dashboards.deserializeWebviewPanel(panel, state as DashboardState);
      await settle();
      panel.dispose();
    });
    await leavingClosed('a study that was interrupted', async () => {
      const resumed: string[] = [];
      const runs = { interrupted: () => STUDIES, forget: async () => {} };
      const gate = new WorkspaceGate([]);
      await resumeInterrupted(server, gate, runs as never, async (study) => void resumed.push(study));
      assert.deepEqual(resumed, []);
    });
  }),
  hostTest(
    'a study of elsewhere can be looked at, and its training data in the workspace stays closed',
    async () => {
      const children = await leavingClosed('a study of elsewhere', async () => {
        await commands.executeCommand('verbatim.openStudy', Uri.file(ownStudy));
        const roots = await parts().tree.getChildren();
        const node = roots.find((each) => each.kind === 'study' && each.study === ownStudy);
        assert.ok(node);
        return childrenOf(node, 'fragment');
      });
      assert.notEqual(children.length, 0);
      await leavingClosed('its comparison', async () => {
        await commands.executeCommand('verbatim.compareFragment', children[0]);
        const editor = await eventually('the document', () =>
          window.visibleTextEditors.find(({ document }) => document.uri.scheme === 'verbatim-train'),
        );
        const header = await eventually('its header', () => parts().highlight.header(editor.document));
        assert.match(header, /not trusted/);
      });
      await leavingClosed('going on with it', async () => {
        await dismissing('verbatim.resumeStudy', [ownStudy]);
      });
    },
  ),
];

/** Fails where something of the workspace was opened by it, or soon after. */
async function leavingClosed<T>(what: string, work: () => Promise<T>): Promise<T> {
  getsOn(what);
  watched.watch();
  const result = await work();
  await settle();
  assert.deepEqual(watched.touched(), [], what);
  return result;
}

const DISMISS_LIMIT_MS = 60_000;

/** Runs a command as a user would who closes whatever it asks. */
async function dismissing(command: string, args: readonly unknown[]): Promise<void> {
  let isDone = false;
  const done = Promise.resolve(commands.executeCommand(command, ...args)).finally(() => {
    isDone = true;
  });
  const giveUpAt = Date.now() + DISMISS_LIMIT_MS;
  while (!isDone && Date.now() < giveUpAt) {
    await Promise.race([settle(), done.catch(() => {})]);
    if (!isDone) await commands.executeCommand('workbench.action.closeQuickOpen');
  }
  assert.ok(isDone, `${command} waits for something`);
  await done.catch(() => {}); // A wrong argument is refused in its own way.
}

const settle = () => new Promise((resolve) => setTimeout(resolve, 100));

export const run = (): Promise<void> => runTests(tests);

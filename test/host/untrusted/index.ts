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
import { foreign } from '../../../guard/text/foreign.ts';
import type { DashboardState } from '../../../protocol/dashboard-page.ts';
import type { CommandMap } from '../../../src/command-map.ts';
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

const outside = process.env.VERBATIM_UNTRUSTED_OUTSIDE!;
const root = workspace.workspaceFolders![0]!.uri.fsPath;
const within = (...names: readonly string[]) => join(root, ...names);
const watched = new WatchedFiles([root, join(outside, 'closed')]);

/** The study, named in every way that leads to it. */
const STUDIES = [
  within('.verbatim', 'theirs.sqlite'),
  `${outside}/../${root.split('/').at(-1)}/.verbatim/theirs.sqlite`,
  `${root}/../${root.split('/').at(-1)}/.verbatim/theirs.sqlite`,
  join(outside, 'link.sqlite'),
  join(outside, 'folder', 'theirs.sqlite'),
];
const [study] = STUDIES as [string];
const fingerprint = process.env.VERBATIM_UNTRUSTED_FINGERPRINT!;
const place = { study, fingerprint };

const summary = { id: study, name: 'theirs', state: 'cancelled' };
const studyNode = { kind: 'study', study, summary };
const fragmentNode = { kind: 'fragment', study, parent: studyNode, fragment: { fingerprint, nFamily: 1 } };
const provenance = {
  shard: foreign('shard-0.jsonl'),
  row: 0,
  repository: foreign('r'),
  path: foreign('p.js'),
  license: foreign(''),
};
const trainNode = {
  ...fragmentNode,
  kind: 'train',
  occurrence: { documentId: 0, firstLine: 1, lastLine: 6, provenance },
};
const sampleNode = {
  ...fragmentNode,
  kind: 'sample',
  occurrence: { sampleId: 0, firstLine: 1, lastLine: 6 },
};
const regionNode = { kind: 'region', study, region: { documentId: 0, firstLine: 1, lastLine: 6 } };
const plan = {
  model: within('model'),
  corpus: within('corpus'),
  strategy: 'pcg',
  prompts: within('prompts.jsonl'),
};
const promptsElsewhere = { ...plan, prompts: join(outside, 'closed', 'prompts.jsonl') } as const;

const textPlace = { uri: Uri.file(within('pasted.js')).toString(), firstLine: 1 };
const elsewhereFile = Uri.file(join(outside, 'saved.html'));

/** What each is called with: nothing, and whatever names something of the workspace. */
const COMMANDS: Readonly<Record<keyof CommandMap, readonly (readonly unknown[])[]>> = {
  'verbatim.runStudy': [
    [],
    ...[plan, promptsElsewhere].map((plan) => [{ kind: 'plan', plan, folder: root }]),
  ],
  'verbatim.runDemo': [],
  'verbatim.resumeStudy': [[], [studyNode], ...STUDIES.map((study) => [study])],
  'verbatim.showSoFar': [[studyNode], ...STUDIES.map((study) => [study])],
  'verbatim.showClosest': [[studyNode], ...STUDIES.map((study) => [study])],
  'verbatim.pauseStudy': [[], [studyNode]],
  'verbatim.cancelStudy': [[studyNode], ...STUDIES.map((study) => [study])],
  'verbatim.showRunningStudy': [[]],
  'verbatim.runPlan': [[], [Uri.file(within('plan.verbatim.json'))]],
  'verbatim.newPlan': [[]],
  'verbatim.openStudy': [[], ...STUDIES.map((study) => [Uri.file(study)])],
  'verbatim.forgetStudy': [[studyNode]],
  'verbatim.deleteStudy': [[studyNode]],
  'verbatim.openDashboard': [[], [studyNode], ...STUDIES.map((study) => [study])],
  'verbatim.refreshStudies': [[]],
  'verbatim.sortFragments': [[]],
  'verbatim.groupFragments': [[]],
  'verbatim.filterFragments': [[], [{ text: 'x' }]],
  'verbatim.clearFilter': [[]],
  'verbatim.showMore': [[{ kind: 'more', study, parent: studyNode, shown: [], total: 9 }]],
  'verbatim.compareFragment': [
    [fragmentNode],
    [trainNode],
    [sampleNode],
    ...STUDIES.map((study) => [{ ...place, study }]),
  ],
  'verbatim.compareAllOccurrences': [[fragmentNode], [place]],
  'verbatim.nextOccurrence': [[]],
  'verbatim.previousOccurrence': [[]],
  'verbatim.showDifferences': [[]],
  'verbatim.saveReport': STUDIES.map((study) => [study, elsewhereFile]),
  'verbatim.saveTrainingRows': STUDIES.map((study) => [study, [], elsewhereFile]),
  'verbatim.saveAttribution': [[elsewhereFile]],
  'verbatim.compareStudies': [[STUDIES]],
  'verbatim.openSample': [[sampleNode], ...STUDIES.map((study) => [{ study, sampleId: 0 }])],
  'verbatim.editSample': [[]],
  'verbatim.findMemorised': [[], [Uri.file(within('pasted.js'))]],
  'verbatim.openDocument': [[trainNode]],
  'verbatim.chooseIndex': [
    [],
    [{ kind: 'use', index: within('corpus-index') }],
    [{ kind: 'build', corpus: [within('corpus')] }],
    [{ kind: 'off' }],
  ],
  'verbatim.lookUp': [[], [Uri.file(within('pasted.js'))]],
  'verbatim.insertNotice': [[], [textPlace]],
  'verbatim.openSource': [[], [textPlace]],
  'verbatim.acceptMatch': [[], [textPlace, 'why']],
  'verbatim.copyFingerprint': [[fragmentNode]],
  'verbatim.acceptFragment': [[fragmentNode], [fragmentNode, 'why']],
  'verbatim.unacceptFragment': [[fragmentNode]],
  'verbatim.labelFragment': [[fragmentNode], [fragmentNode, 'logic']],
  'verbatim.showTrainingRows': [[fragmentNode], [place]],
  'verbatim.openRegion': [[regionNode], ...STUDIES.map((study) => [{ study, documentId: 0 }])],
  'verbatim.nextRegion': [[]],
  'verbatim.previousRegion': [[]],
  'verbatim.measureTokens': [[]],
  'verbatim.showHeatLegend': [[]],
  'verbatim.toggleDecorations': [[], []],
  'verbatim.restartServer': [[]],
  'verbatim.installCuda': [[]],
  'verbatim.checkSystem': [[]],
  'verbatim.showLog': [[]],
};

const page = { offset: 0, limit: 10 };
const view = { ...page, filter: {}, baseline: within('.verbatim-baseline.json') };
const ownStudy = join(outside, 'own.sqlite');
const fullPlan = (model: string, corpus: string) => ({
  version: 2,
  source: { kind: 'model', model },
  corpus: [corpus],
  sampling: {},
  rule: { minLines: 6, profile: 'exact-1' },
});
const execution = { provider: 'cpu', batch: 'auto', workers: 1 } as const;

/** Every message, with parameters of which each names something of the workspace. */
const MESSAGES: Readonly<Record<string, readonly object[]>> = {
  getComparison: STUDIES.map((study) => ({ study, fingerprint })),
  getComparisons: [{ ...place, limit: 50 }],
  checkWithIndex: [
    { index: within('corpus-index'), text: 'x' },
    { index: join(outside, 'corpus-index'), text: 'x' },
  ],
  describeIndex: [{ index: within('corpus-index') }, { index: join(outside, 'corpus-index') }],
  getIndexedDocument: [
    { index: within('corpus-index'), shard: '', row: 0 },
    { index: join(outside, 'corpus-index'), shard: '', row: 0 },
  ],
  buildIndex: [
    { index: join(outside, 'x'), corpus: [within('corpus')], rule: { minLines: 6, profile: 'exact-1' } },
  ],
  callTool: [
    { name: 'list_studies', given: {}, place: null, studies: within('.verbatim') },
    { name: 'check_code', given: { code: 'x' }, place: { index: within('corpus-index') }, studies: outside },
  ],
  compareStudies: [{ studies: [study, ownStudy] }, { studies: [ownStudy, ownStudy] }],
  saveReport: STUDIES.map((one) => ({
    study: one,
    format: 'md',
    file: join(outside, 'r.md'),
    baseline: null,
  })),
  saveTrainingRows: STUDIES.map((one) => ({
    study: one,
    file: join(outside, 'rows.jsonl'),
    chosen: { kind: 'named', fingerprints: [fingerprint] },
  })),
  getDashboard: [{ study }],
  measureDashboard: [{ study }],
  listDashboardFragments: [{ study, ...page, order: 'train', selection: { kind: 'all' } }],
  findMemorised: [
    { studies: [study], text: 'x' },
    { studies: [ownStudy], text: 'x' },
  ],
  makePlan: [
    { plan, folder: root },
    { plan: promptsElsewhere, folder: outside },
  ],
  readPlan: [{ file: within('plan.verbatim.json') }],
  askContentColumn: [{ plan: fullPlan(within('model'), within('corpus')) }],
  estimateMap: [{ plan: fullPlan(within('model'), within('corpus')), execution }],
  estimateStudy: [{ plan: fullPlan(within('model'), within('corpus')), sizes: [1], speeds: [] }],
  runStudy: [
    { study, plan: null, execution },
    { study: join(outside, 'new.sqlite'), plan: fullPlan(within('model'), join(outside, 'x')), execution },
    { study: join(outside, 'new.sqlite'), plan: fullPlan(join(outside, 'x'), within('corpus')), execution },
  ],
  listStudies: [{ folder: within('.verbatim') }],
  getStudy: STUDIES.map((study) => ({ study })),
  deleteStudy: STUDIES.map((study) => ({ study })),
  getFragment: [place],
  listTrainOccurrences: [{ ...place, ...page }],
  listSampleOccurrences: [{ ...place, ...page }],
  getSample: [{ study, sampleId: 0 }],
  getDocument: [{ study, documentId: 0 }],
  listGroups: [
    { study, ...view, grouping: 'category' },
    { ...view, study: ownStudy, grouping: 'category' },
  ],
  viewFragments: [
    { study, ...view, grouping: 'flat', group: null, order: 'train' },
    { ...view, study: ownStudy, grouping: 'flat', group: null, order: 'train' },
  ],
  describeStudy: [{ study }],
  acceptFragments: [{ baseline: view.baseline, fingerprints: [fingerprint], reason: 'x' }],
  labelFragment: [{ ...place, annotator: 'a', label: 'logic' }],
  listTrainingRows: [place],
  listRegionGroups: STUDIES.map((study) => ({ study, by: 'document', ...view })),
  listRegions: STUDIES.map((study) => ({ study, by: 'document', key: 0, ...view })),
  getHeatMap: STUDIES.map((study) => ({ study, documentId: 0 })),
  measureTokens: STUDIES.map((study) => ({ study, documentId: 0, isAsked: true })),
  compareMaps: [{ studies: STUDIES.slice(0, 2) }],
  measureMapDashboard: STUDIES.map((study) => ({ study })),
};

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

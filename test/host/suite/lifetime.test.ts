// What the user brings and what goes wrong meanwhile: studies from elsewhere, training data that is gone, a
// background process that dies.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { commands, Uri, workspace } from 'vscode';
import { getDemoPlan, getFragment, getSample, getStudy } from '../../../protocol/requests.ts';
import { parseTextUri } from '../../../src/documents/text-ref.ts';
import type { Failure } from '../../../src/failure.ts';
import { writeSetting } from '../../../src/settings.ts';
import { StudyTree } from '../../../src/tree/study-tree.ts';
import type { StudyChoice } from '../../../src/wizard/study-wizard.ts';
import {
  childrenOf,
  comparisonInFront,
  demoFragments,
  extension,
  parts,
  studyNode,
} from './extension-parts.ts';
import { eventually, hostTest } from './host-test.ts';

export const tests = [
  hostTest('opens a study from elsewhere, and takes it off the list again', async () => {
    const elsewhere = mkdtempSync(join(tmpdir(), 'verbatim-elsewhere-'));
    const file = join(elsewhere, 'other.sqlite');
    cpSync((await studyNode('demo')).study, file);
    await commands.executeCommand('verbatim.openStudy', Uri.file(file));
    const node = await studyNode('other');
    assert.equal(node.study, file);
    assert.notEqual((await childrenOf(node, 'fragment')).length, 0);

    rmSync(elsewhere, { recursive: true });
    const roots = await parts().tree.getChildren();
    const notice = roots.find((root) => root.study === file);
    assert.equal(notice?.kind, 'notice');
    assert.equal(parts().tree.getTreeItem(notice!).contextValue, 'notice.forgettable');
    await commands.executeCommand('verbatim.forgetStudy', notice);
    const left = await parts().tree.getChildren();
    assert.ok(left.every((root) => root.study !== file));
  }),
  hostTest('shows the stored fragment when the training data is gone', async () => {
    const { corpus } = await parts().server.request(getDemoPlan, {});
    const folder = workspace.workspaceFolders![0]!.uri.fsPath;
    const copy = join(folder, 'corpus');
    mkdirSync(copy);
    for (const path of corpus) cpSync(path, copy, { recursive: true });
    const { study: demo } = await studyNode('demo');
    const { text: repeating } = await parts().server.request(getSample, { study: demo, sampleId: 0 });
    writeFileSync(join(folder, 'made-elsewhere.jsonl'), JSON.stringify(repeating));
    const plan = Uri.file(join(folder, 'made-elsewhere.verbatim.json'));
    writeFileSync(
      plan.fsPath,
      JSON.stringify({ source: { samples: 'made-elsewhere.jsonl' }, corpus: 'corpus' }),
    );
    await commands.executeCommand('verbatim.runPlan', plan);
    rmSync(copy, { recursive: true });
    const [node] = await childrenOf(await studyNode('study'), 'fragment');
    await commands.executeCommand('verbatim.compareFragment', node);
    const { right } = comparisonInFront();
    const { study, fragment } = node!;
    const { text } = await parts().server.request(getFragment, {
      study,
      fingerprint: fragment.fingerprint,
    });
    const document = await workspace.openTextDocument(right);
    assert.equal(document.getText().replaceAll('\r\n', '\n'), text);
    const { fingerprint } = fragment;
    assert.deepEqual(parseTextUri(right)?.highlight, {
      fingerprint,
      firstLine: 1,
      lastLine: fragment.nLines,
    });
    const header = await eventually('the reason', () => parts().highlight.header(document));
    assert.match(header, /^Only the stored excerpt is shown: .*is gone/);
  }),
  hostTest('keeps what a study had when the background process dies under it', async () => {
    if (process.platform !== 'linux') return; // How to find a child differs.
    const { source, corpus } = await parts().server.request(getDemoPlan, {});
    const choice: StudyChoice = {
      kind: 'plan',
      plan: { model: source.model!, corpus, samples: 50_000, maxTokens: 16 },
      folder: '/',
    };
    const { runs, errors } = parts();
    const codes: string[] = [];
    const listener = errors.onDidReport(({ code }) => codes.push(code));
    const running = commands.executeCommand('verbatim.runStudy', choice);
    await eventually('samples', () => {
      const progress = runs.all()[0]?.progress;
      return (progress?.stage === 'sample' && progress.done > 0) || undefined;
    });
    process.kill(serverProcesses()[0]!, 'SIGKILL');
    await running;
    const { summary, study } = await eventually('the study', () =>
      studyNode('demo-model-3').catch(() => undefined),
    );
    listener.dispose();
    assert.equal(codes[0], 'environment');
    assert.ok(summary.nSamples > 0);
    assert.equal(runs.get(study), undefined);
    const item = parts().tree.getTreeItem(await studyNode('demo-model-3'));
    assert.match(item.contextValue ?? '', /canBeResumed/);
  }),
  hostTest(
    'leaves a background process alone that dies again and again, until it is told to try',
    async () => {
      if (process.platform !== 'linux') return; // How to find a child differs.
      const { server, errors } = parts();
      await server.restart();
      const failures: Failure[] = [];
      const listener = errors.onDidReport((failure) => failures.push(failure));
      for (let n = 1; n <= 6; n++) {
        await server.request(getDemoPlan, {});
        process.kill(await oneServer(), 'SIGKILL');
        await eventually(`death ${n}`, () => server.nRestarts >= n || undefined);
      }
      await commands.executeCommand('verbatim.runDemo');
      assert.deepEqual([...new Set(failures.map(({ code }) => code))], ['environment']);
      // The view, too, may have met the dying process.
      assert.ok(failures.some(({ message }) => /left alone/.test(message)));
      assert.deepEqual(serverProcesses(), []);
      await commands.executeCommand('verbatim.restartServer');
      assert.ok(await server.request(getDemoPlan, {}));
      listener.dispose();
    },
  ),
  hostTest('leaves a study alone that another program runs, and offers to go on when that died', async () => {
    const { source, corpus } = await parts().server.request(getDemoPlan, {});
    const study = join(workspace.workspaceFolders![0]!.uri.fsPath, '.verbatim', 'elsewhere.sqlite');
    const cli = join(extension().extensionPath, 'dist', 'cli.js');
    const args = [
      'study',
      '--model',
      source.model!,
      '--corpus',
      ...corpus,
      '--out',
      study,
      '--samples',
      '50000',
      '--max-tokens',
      '16',
    ];
    const other = spawn(process.env.VERBATIM_TEST_NODE!, [cli, ...args, '--batch', '8'], {
      stdio: 'ignore',
    });
    try {
      const node = await eventually('the study', () => studyNode('elsewhere').catch(() => undefined));
      const item = parts().tree.getTreeItem(node);
      assert.match(item.contextValue ?? '', /^study\.runsElsewhere/);
      assert.match(String(item.description), /running in another window or program/);
      const codes: string[] = [];
      const listener = parts().errors.onDidReport(({ code }) => codes.push(code));
      await commands.executeCommand('verbatim.resumeStudy', study);
      listener.dispose();
      assert.deepEqual(codes, ['user']);
      await eventually('samples', async () => {
        const { nSamples } = await parts().server.request(getStudy, { study });
        return nSamples > 0 || undefined;
      });
      // A view of its own: nobody else asks it for the list, and would know before it is announced.
      const { server, runs, errors, options } = parts();
      const location = { folders: () => [dirname(study)], opened: () => [], baselineFile: () => null };
      const tree = new StudyTree(server, location as never, runs, errors, options);
      await tree.getChildren(); // It is looked at: from here on it is watched.
      const changed = new Promise((resolve) => tree.onDidChangeTreeData(resolve));
      other.kill('SIGKILL');
      await changed;
      tree.dispose();
      const after = parts().tree.getTreeItem(await studyNode('elsewhere'));
      assert.match(after.contextValue ?? '', /canBeResumed/);
    } finally {
      other.kill('SIGKILL');
    }
  }),
  hostTest('runs the background process on the Node that the user names', async () => {
    if (process.platform !== 'linux') return; // How to find a child differs.
    const runtime = process.env.VERBATIM_TEST_NODE!;
    await writeSetting('server.runtime', runtime);
    await commands.executeCommand('verbatim.restartServer');
    assert.ok(await parts().server.request(getDemoPlan, {}));
    const pid = await oneServer();
    assert.equal(readlinkSync(`/proc/${pid}/exe`), realpathSync(runtime));
    await writeSetting('server.runtime', '');
    await commands.executeCommand('verbatim.restartServer');
  }),
  hostTest('answers the same after the background process was killed', async () => {
    if (process.platform !== 'linux') return; // How to find a child differs.
    const before = (await demoFragments()).map(({ fragment }) => fragment);
    const killed = await oneServer();
    process.kill(killed, 'SIGKILL');
    const after = (await demoFragments()).map(({ fragment }) => fragment);
    assert.deepEqual(after, before);
    assert.notEqual(await oneServer(), killed);
  }),
];

/** One that was told to end may be there for a moment beside the one that took its place. */
const oneServer = () =>
  eventually('one process', () => {
    const found = serverProcesses();
    return found.length === 1 ? found[0] : undefined;
  });

/** Our children that run dist/server.js. */
function serverProcesses(): readonly number[] {
  return readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid))
    .map(Number)
    .filter((pid) => {
      try {
        const parent = /^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
        return Number(parent) === process.pid && command.includes('/dist/server.js');
      } catch {
        return false; // It ended in the meantime.
      }
    });
}

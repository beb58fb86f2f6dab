// Plan files: run from the file, refused by name, completed and checked by the schema, and estimated.

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';
import { type CodeLens, commands, languages, Uri, window, workspace } from 'vscode';
import { estimateStudy, makePlan, readPlan } from '../../../protocol/plan-file.ts';
import { deleteStudy, getDemoPlan } from '../../../protocol/requests.ts';
import type { Failure } from '../../../src/failure.ts';
import { closestMatch } from '../../../src/studies/closest-match.ts';
import { askColumn } from '../../../src/wizard/ask-column.ts';
import { parts, studyNode } from './extension-parts.ts';
import { eventually, hostTest } from './host-test.ts';

export const tests = [
  hostTest('runs a plan file, whose paths begin at its own folder', async () => {
    const { source, corpus } = await parts().server.request(getDemoPlan, {});
    const file = planFile('tiny.verbatim.json', {
      model: source.model,
      corpus: corpus[0],
      samples: 8,
      maxTokens: 64,
      seed: 3,
    });
    const lenses = await commands.executeCommand<CodeLens[]>(
      'vscode.executeCodeLensProvider',
      (await workspace.openTextDocument(file)).uri,
    );
    const run = lenses.find(({ command }) => command?.command === 'verbatim.runPlan');
    assert.ok(run, 'No lens to run it');
    await commands.executeCommand('verbatim.runPlan', ...(run.command!.arguments ?? []));
    const { summary } = await studyNode('demo-model-2');
    assert.equal(summary.state, 'complete', inspect(summary.failure));
    assert.equal(summary.nSamples, 8);
    assert.equal(summary.plan.sampling.seed, 3);
    const ignored = join(workspace.workspaceFolders![0]!.uri.fsPath, '.verbatim', '.gitignore');
    assert.equal(readFileSync(ignored, 'utf8'), '*\n', 'studies stay out of version control');
  }),
  hostTest('a study that finds nothing tells how close it came', async () => {
    const { source, corpus } = await parts().server.request(getDemoPlan, {});
    const content = { model: source.model, corpus: corpus[0], samples: 24, maxTokens: 20, seed: 3 };
    await commands.executeCommand('verbatim.runPlan', planFile('short.verbatim.json', content));
    const { summary } = await studyNode('demo-model-3');
    assert.equal(summary.nFragments, 0);
    const closest = await closestMatch(parts().server, summary);
    assert.ok(closest && closest.nLines >= 3 && closest.nLines < 6, inspect(closest));
    assert.ok(closest.source);
    await parts().server.request(deleteStudy, { study: summary.id });
    parts().tree.refresh();
  }),
  hostTest('refuses a plan with a wrong property by its name, before anything is made', async () => {
    const failures: Failure[] = [];
    const listener = parts().errors.onDidReport((failure) => failures.push(failure));
    for (const [property, value] of [
      ['sampels', 8],
      ['samples', 'many'],
      ['strategy', 'best'],
    ] as const) {
      const file = planFile('wrong.verbatim.json', { model: 'm', corpus: 'c', [property]: value });
      await commands.executeCommand('verbatim.runPlan', file);
      assert.equal(failures.at(-1)?.code, 'user');
      assert.ok(failures.at(-1)?.message.includes(property), failures.at(-1)?.message);
    }
    listener.dispose();
  }),
  hostTest('checks a plan while it is written', async () => {
    const file = planFile('checked.verbatim.json', { model: 'm', corpus: 'c', topK: -1, colour: 'red' });
    const document = await workspace.openTextDocument(file);
    await window.showTextDocument(document);
    const messages = await eventually('two complaints', () => {
      const found = languages.getDiagnostics(document.uri).map(({ message }) => message);
      return found.length >= 2 ? found.join(' ') : undefined;
    });
    assert.match(messages, /colour/);
    await commands.executeCommand('workbench.action.closeActiveEditor');
  }),
  hostTest('tells a long study from a short one, and what is not here from what is', async () => {
    const demo = await parts().server.request(getDemoPlan, {});
    const here = await parts().server.request(estimateStudy, {
      plan: demo,
      sizes: [256, 20_000],
      speeds: [],
    });
    const [short, long] = here.sizes;
    assert.ok(short!.seconds! > 0 && long!.seconds! > short!.seconds!);
    assert.ok(long!.diskBytes > short!.diskBytes && here.modelBytes! > 0 && here.corpusBytes! > 0);
    const plan = await parts().server.request(makePlan, {
      plan: { model: 'owner/name', corpus: 'owner/data' },
      folder: '/',
    });
    assert.equal(plan.source.model, 'hf://owner/name');
    const elsewhere = await parts().server.request(estimateStudy, { plan, sizes: [256], speeds: [] });
    assert.equal(elsewhere.sizes[0]!.seconds, null);
  }),
  hostTest('asks where the texts are, of rows that hold only the names of blobs', async () => {
    const corpus = join(workspace.workspaceFolders![0]!.uri.fsPath, 'blobs');
    mkdirSync(corpus);
    writeFileSync(join(corpus, 'a.jsonl'), '{"blob_id":"0a1b","src_encoding":"UTF-8","path":"a.py"}\n');
    const at = { title: 'Training data', step: 3, totalSteps: 6 };
    const asking = askColumn(at, { model: './m', corpus }, corpus, parts().server);
    const answer = await eventually('an answer', async () => {
      await commands.executeCommand('workbench.action.acceptSelectedQuickOpenItem');
      return Promise.race([asking, sleep(100, undefined)]);
    });
    assert.deepEqual(answer, { kind: 'answered', value: { contents: 's3://softwareheritage/content/' } });
  }),
  hostTest('reads relative paths from the folder of the file', async () => {
    const folder = join(workspace.workspaceFolders![0]!.uri.fsPath, 'plans');
    mkdirSync(join(folder, 'data'), { recursive: true });
    const file = planFile('plans/near.verbatim.json', { model: './model', corpus: ['data'] });
    const plan = await parts().server.request(readPlan, { file: file.fsPath });
    assert.equal(plan.source.model, join(folder, 'model'));
    assert.deepEqual(plan.corpus, [join(folder, 'data')]);
  }),
];

function planFile(name: string, plan: object): Uri {
  const file = join(workspace.workspaceFolders![0]!.uri.fsPath, name);
  writeFileSync(file, JSON.stringify(plan, null, 2));
  return Uri.file(file);
}

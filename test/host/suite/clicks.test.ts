// What a click costs: the requests that it makes, and how long it takes until both texts are there and say where they
// are from. As a test it counts; as a benchmark it writes the figures down.

import assert from 'node:assert/strict';
import { appendFileSync } from 'node:fs';
import { commands, window } from 'vscode';
import type { FragmentNode, SampleNode, TrainNode } from '../../../src/tree/tree-node.ts';
import { childrenOf, comparisonInFront, demoFragments, frequentFragments, parts } from './extension-parts.ts';
import { eventually, hostTest } from './host-test.ts';
import { getsOn } from './signs-of-life.ts';

const N_CLICKS = 20;
/** A click's requests have ended when none was made or answered for so long. */
const QUIET_MS = 250;

interface Click {
  readonly methods: readonly string[];
  /** Until the command had come to its end and the last answer was there. */
  readonly elapsedMs: number;
}

const compares = (node: FragmentNode | TrainNode | SampleNode) => () =>
  commands.executeCommand('verbatim.compareFragment', node);

export const tests = [
  hostTest('answers each click with one request', async () => {
    const [node] = (await frequentFragments()).filter(({ fragment }) => fragment.nDocuments > 2);
    const [, train] = await Promise.all([placesOf(node!, 'sample'), placesOf(node!, 'train')]);
    const [sample] = await placesOf(node!, 'sample');
    await quiet();
    const one = async (method: string, work: () => Thenable<unknown>) =>
      assert.deepEqual((await click(work)).methods, [`verbatim/${method}`]);
    await one('getComparison', compares(node!));
    await one('getComparison', () => commands.executeCommand('verbatim.nextOccurrence'));
    await one('getComparison', compares(train[1]!));
    await one('getComparison', () => commands.executeCommand('verbatim.openDocument', train[0]));
    await one('getComparisons', () => commands.executeCommand('verbatim.compareAllOccurrences', node));
    await one('getSample', () => commands.executeCommand('verbatim.openSample', sample));
    await commands.executeCommand('workbench.action.closeAllEditors');
  }),
];

export const benches = [
  hostTest('makes the demo, to click on', async () => {
    await commands.executeCommand('verbatim.runDemo');
  }),
  hostTest('measures clicks on the first rows of the demo', async () => {
    const nodes = (await demoFragments()).slice(0, N_CLICKS);
    await commands.executeCommand('verbatim.compareFragment', nodes.at(-1));
    await note('comparison, a click', nodes, compares, headersShown);
    const most = nodes.toSorted((a, b) => b.fragment.nDocuments - a.fragment.nDocuments).slice(0, 3);
    const all = (node: FragmentNode) => () => commands.executeCommand('verbatim.compareAllOccurrences', node);
    await note('all occurrences, a click', most, all, async () => {});
  }),
];

/** Both sides of the comparison in front say where they are from. */
async function headersShown(): Promise<void> {
  const { left, right } = comparisonInFront();
  for (const uri of [left, right]) {
    await eventually('a header', () => {
      const editor = window.visibleTextEditors.find(
        ({ document }) => document.uri.toString() === uri.toString(),
      );
      return editor && parts().highlight.header(editor.document);
    });
  }
}

async function note(
  figure: string,
  nodes: readonly FragmentNode[],
  work: (node: FragmentNode) => () => Thenable<unknown>,
  shown: () => Promise<void>,
): Promise<void> {
  const clicks: Click[] = [];
  for (const node of nodes) {
    await quiet();
    clicks.push(
      await click(async () => {
        await work(node)();
        await shown();
      }),
    );
  }
  const ms = clicks.map(({ elapsedMs }) => elapsedMs).sort((a, b) => a - b);
  const openings = clicks.map(
    ({ methods }) => methods.filter((method) => /getDocument|getComparison/.test(method)).length,
  );
  const file = process.env.VERBATIM_BENCH_FIGURES;
  const line = {
    figure,
    clicks: clicks.length,
    requests: Math.max(...clicks.map(({ methods }) => methods.length)),
    requestsForDocuments: Math.max(...openings),
    medianMs: Math.round(ms[ms.length >> 1]!),
    maxMs: Math.round(ms.at(-1)!),
  };
  if (file !== undefined) appendFileSync(file, `${JSON.stringify(line)}\n`);
}

async function placesOf(node: FragmentNode, kind: 'sample'): Promise<readonly SampleNode[]>;
async function placesOf(node: FragmentNode, kind: 'train'): Promise<readonly TrainNode[]>;
async function placesOf(node: FragmentNode, kind: 'sample' | 'train') {
  const [group] = await childrenOf(node, `${kind}-group`);
  return childrenOf(group!, kind);
}

/** Counts what the extension asks its server from now until it asks no more. */
async function click(work: () => Thenable<unknown>, quietMs = QUIET_MS): Promise<Click> {
  const { server } = parts();
  const ask = server.request.bind(server);
  const methods: string[] = [];
  let nOpen = 0;
  let lastAt = performance.now();
  const startedAt = performance.now();
  Object.defineProperty(server, 'request', {
    configurable: true,
    value: async (...args: Parameters<typeof ask>) => {
      methods.push(args[0].method);
      nOpen++;
      try {
        return await ask(...args);
      } finally {
        nOpen--;
        lastAt = performance.now();
      }
    },
  });
  try {
    await work();
    getsOn('a click');
    lastAt = Math.max(lastAt, performance.now());
    while (nOpen > 0 || performance.now() - lastAt < quietMs)
      await new Promise((resolve) => setTimeout(resolve, 20));
    return { methods, elapsedMs: lastAt - startedAt };
  } finally {
    Reflect.deleteProperty(server, 'request');
  }
}

/** Nothing of what came before asks any more. */
const quiet = () => click(async () => {}, 4 * QUIET_MS);

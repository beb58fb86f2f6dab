// Runs the extension's suite in a real VS Code through @vscode/test-electron: a downloaded one where that is
// possible, our own host otherwise (VERBATIM_TEST_VSCODE=download|host decides otherwise).

import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import type { Writable } from 'node:stream';
import { runTests } from '@vscode/test-electron';
import { build } from 'esbuild';
import type { HostTestResult } from './suite/host-test.ts';

const ROOT = join(import.meta.dirname, '..', '..');

export interface SuiteRun {
  /** In order. Those after a death of the editor are missing. */
  readonly results: readonly HostTestResult[];
  /** Why the run as a whole failed, or null. A failed test is also such a reason. */
  readonly failure: string | null;
}

/** `env` goes to the extension host; with `VERBATIM_BENCH_STUDY` only that study is measured. */
export async function runSuite(
  output: Writable,
  env: Readonly<Record<string, string>> = {},
): Promise<SuiteRun> {
  const bundle = await bundleSuite();
  const scratch = mkdtempSync(join(tmpdir(), 'verbatim-suite-'));
  const workspace = join(scratch, 'workspace');
  const resultsFile = join(scratch, 'results');
  mkdirSync(workspace);
  const vscode = process.env.VERBATIM_TEST_VSCODE ?? (process.platform === 'linux' ? 'host' : 'download');
  let failure: string | null = null;
  try {
    await runTests({
      ...(vscode === 'host'
        ? { vscodeExecutablePath: join(import.meta.dirname, 'launch', 'vscode-host.ts') }
        : {}),
      extensionDevelopmentPath: ROOT,
      extensionTestsPath: bundle,
      launchArgs: [workspace],
      extensionTestsEnv: {
        VERBATIM_TEST_RESULTS: resultsFile,
        VERBATIM_TEST_NODE: process.execPath,
        ...env,
        // The launcher is a script for the Node that runs us, not for the system's.
        PATH: dirname(process.execPath) + delimiter + process.env.PATH,
      },
      stdout: output,
      stderr: output,
    });
  } catch (error) {
    failure = error instanceof Error ? error.message : String(error);
  }
  const results = readResults(resultsFile);
  rmSync(scratch, { recursive: true, force: true });
  return { results, failure };
}

async function bundleSuite(): Promise<string> {
  const outfile = join(ROOT, '.cache', 'host-suite', 'suite.cjs');
  await build({
    entryPoints: [join(import.meta.dirname, 'suite', 'index.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    external: ['vscode'],
    sourcemap: 'inline',
    logLevel: 'warning',
  });
  return outfile;
}

function readResults(file: string): readonly HostTestResult[] {
  let text = '';
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return []; // The editor died before the first test, which `failure` says.
  }
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line): HostTestResult => JSON.parse(line));
}

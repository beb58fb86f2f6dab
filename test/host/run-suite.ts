// Runs the extension's suite in a real VS Code through @vscode/test-electron: a downloaded one where that is
// possible, our own host otherwise (VERBATIM_TEST_VSCODE=download|host decides otherwise).

import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import type { Writable } from 'node:stream';
import { runTests } from '@vscode/test-electron';
import { build } from 'esbuild';
import type { HostTestEvent } from './suite/host-test.ts';

const ROOT = join(import.meta.dirname, '..', '..');

export interface SuiteRun {
  /** What the host says, as it says it; ends with the host. */
  readonly events: AsyncIterable<HostTestEvent>;
  /** Why the run as a whole failed, or null. A failed test is also such a reason. */
  readonly failure: Promise<string | null>;
}

export interface SuiteOptions {
  /** What is bundled as the tests; below this folder. */
  readonly entry?: string;
  /** Goes to the extension host; with `VERBATIM_BENCH_STUDY` only that study is measured. */
  readonly env?: Readonly<Record<string, string>>;
  /** Folder to open; a new one where none is given. */
  readonly workspace?: string;
  /** Opened as VS Code opens a folder before the user says that he trusts it. */
  readonly isRestricted?: boolean;
}

/** Between two looks for news. */
const POLL_MS = 200;

export async function runSuite(output: Writable, options: SuiteOptions = {}): Promise<SuiteRun> {
  const bundle = await bundleSuite(options.entry ?? join('suite', 'index.ts'));
  const scratch = mkdtempSync(join(tmpdir(), 'verbatim-suite-'));
  const workspace = options.workspace ?? join(scratch, 'workspace');
  const resultsFile = join(scratch, 'results');
  mkdirSync(workspace, { recursive: true });
  const vscode = process.env.VERBATIM_TEST_VSCODE ?? (process.platform === 'linux' ? 'host' : 'download');
  let hasEnded = false;
  const failure = runTests({
    ...(vscode === 'host'
      ? { vscodeExecutablePath: join(import.meta.dirname, 'launch', 'vscode-host.ts') }
      : {}),
    extensionDevelopmentPath: ROOT,
    extensionTestsPath: bundle,
    launchArgs: [workspace, ...(options.isRestricted === true ? ['--restricted'] : [])],
    extensionTestsEnv: {
      VERBATIM_TEST_RESULTS: resultsFile,
      VERBATIM_TEST_NODE: process.execPath,
      ...options.env,
      // The launcher is a script for the Node that runs us, not for the system's.
      PATH: dirname(process.execPath) + delimiter + process.env.PATH,
    },
    stdout: output,
    stderr: output,
  })
    .then(
      () => null,
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    )
    .finally(() => {
      hasEnded = true;
    });
  return { events: readEvents(resultsFile, () => hasEnded, scratch), failure };
}

/** Removes the folder when the host has ended and all is read. */
async function* readEvents(
  file: string,
  hasEnded: () => boolean,
  scratch: string,
): AsyncGenerator<HostTestEvent> {
  let nRead = 0;
  try {
    for (;;) {
      const isLast = hasEnded();
      // Before the first test there is no file.
      const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
      const lines = text.split('\n').slice(0, -1);
      for (const line of lines.slice(nRead)) yield JSON.parse(line) as HostTestEvent;
      nRead = lines.length;
      if (isLast) return;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function bundleSuite(entry: string): Promise<string> {
  const outfile = join(ROOT, '.cache', 'host-suite', `${dirname(entry)}.cjs`);
  await build({
    entryPoints: [join(import.meta.dirname, entry)],
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

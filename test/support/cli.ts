// The command line as a user has it, in a process of its own.

import { type ChildProcess, spawn } from 'node:child_process';
import { after } from 'node:test';
import { fileURLToPath } from 'node:url';
import { programUrl } from '../../server/program-url.ts';

/** The program itself: bundled where the run names its bundles, as `npm test` does, and from source. */
export const CLI = fileURLToPath(programUrl('../../server/cli.ts', import.meta.url));
export const demoModel = fileURLToPath(new URL('../../media/demo-model', import.meta.url));
export const demoCorpus = fileURLToPath(new URL('../../dist/demo-corpus/shards', import.meta.url));

export interface CliResult {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export function startCli(...args: string[]): {
  readonly child: ChildProcess;
  readonly result: Promise<CliResult>;
} {
  const child = spawn(process.execPath, [CLI, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  // A test that fails half way must not leave it running: the runner would wait for it.
  after(() => child.kill('SIGKILL'));
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const result = new Promise<CliResult>((resolve) =>
    child.once('close', (exitCode) => resolve({ exitCode, stdout, stderr })),
  );
  return { child, result };
}

export const cli = (...args: string[]): Promise<CliResult> => startCli(...args).result;

/** Resolves when the process has written `pattern` to stderr. */
export function untilStderr(child: ChildProcess, pattern: RegExp): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = '';
    child.stderr?.on('data', (chunk) => {
      text += chunk;
      if (pattern.test(text)) resolve();
    });
    child.once('close', () => reject(new Error(`It ended before it said ${pattern}:\n${text}`)));
  });
}

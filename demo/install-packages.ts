/**
 * Gets the corpus's packages, exactly as the lockfile has them, without running any code of theirs.
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Installs into `corpusDir/node_modules` unless the pinned versions are there already.
 * Throws an error fit for a user if npm cannot.
 */
export async function installPackages(corpusDir: string, log: (line: string) => void): Promise<void> {
  if (isInstalled(corpusDir)) {
    return;
  }
  log('Downloading the packages of the demo corpus (npm ci) …');
  const { exitCode, output } = await runNpm(corpusDir, [
    'ci',
    // The packages are text to us. None of them needs to build anything to be read.
    '--ignore-scripts',
    // npm tries by default for over a minute before it says that there is no network.
    '--fetch-retries=1',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ]);
  if (exitCode !== 0 || !isInstalled(corpusDir)) {
    throw new Error(
      `npm could not download the packages of the demo corpus into ${corpusDir} (exit code ${exitCode}). ` +
        "They are needed once: check the network connection, or npm's proxy and registry settings, and run " +
        `this again.\n${output.trim().split('\n').slice(-12).join('\n')}`,
    );
  }
}

function isInstalled(corpusDir: string): boolean {
  const pinned = readJson(join(corpusDir, 'package.json')) as { dependencies: Record<string, string> };
  return Object.entries(pinned.dependencies).every(([name, version]) => {
    try {
      const installed = readJson(join(corpusDir, 'node_modules', ...name.split('/'), 'package.json'));
      return (installed as { version?: unknown }).version === version;
    } catch {
      return false; // Absent or cut short: either way npm has to put it there.
    }
  });
}

function runNpm(cwd: string, args: readonly string[]): Promise<{ exitCode: number; output: string }> {
  return new Promise((resolve) => {
    // npm is a batch file on Windows, which only a shell starts. The arguments are constants without blanks.
    const child = spawn('npm', args, { cwd, shell: process.platform === 'win32' });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.on('error', (error) => resolve({ exitCode: 127, output: `${output}\n${error.message}` }));
    child.on('close', (code) => resolve({ exitCode: code ?? 1, output }));
  });
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8'));
}

#!/usr/bin/env node
// Takes the arguments that @vscode/test-electron gives to VS Code, runs the same extension tests in our host,
// and ends with their exit code. 64: bad arguments; 70: the host itself failed; 124: nothing was heard of the tests for
// VSCODE_HOST_TIMEOUT_MS; 128 + n: ended by a signal. VSCODE_HOST_VERBOSE=1 shows everything.

import { closeSync, existsSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Host, type HostOptions, startHost } from './start-host.ts';

/** A busy machine may take its time, as long as something goes on. */
const SILENCE_LIMIT_MS = 120_000;
const SIGNALS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<void> {
  const options = parseArguments(args);
  if (options.extensionTestsPath === undefined || options.extensionDevelopmentPaths?.length === 0) {
    console.error('vscode-host: --extensionDevelopmentPath=PATH and --extensionTestsPath=PATH are needed');
    process.exit(64);
  }
  const starting = startHost(options);
  const limitMs = Number(process.env.VSCODE_HOST_TIMEOUT_MS ?? SILENCE_LIMIT_MS);
  let heardAt = Date.now();
  const onOutput = () => {
    heardAt = Date.now();
  };
  const code = await Promise.race([
    starting.then(
      (host) => runTests(host, onOutput),
      (error: Error) => {
        console.error(`vscode-host: ${error.stack}`);
        return 70;
      },
    ),
    new Promise<number>((resolve) => {
      setInterval(() => {
        if (Date.now() - heardAt < limitMs) return;
        console.error(`vscode-host: nothing was heard for ${limitMs} ms`);
        resolve(124);
      }, 250);
      for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) {
        process.on(signal, () => resolve(SIGNALS[signal]));
      }
    }),
  ]);
  const host = await starting.catch(() => undefined);
  await host?.close();
  process.exit(code);
}

async function runTests(host: Host, onOutput: () => void): Promise<number> {
  onOutput();
  const pump = pumpOf(host.outputFile, onOutput);
  const timer = setInterval(pump, 100);
  const exit = await host.exit;
  clearInterval(timer);
  pump();
  if (exit.error !== undefined) console.error(`vscode-host: ${exit.error}`);
  return exit.code;
}

/** Copies what was appended to a file since the last call to standard output. */
function pumpOf(file: string, onOutput: () => void): () => void {
  const buffer = Buffer.alloc(65_536);
  let offset = 0;
  return () => {
    if (!existsSync(file)) return;
    const handle = openSync(file, 'r');
    for (;;) {
      const nBytes = readSync(handle, buffer, 0, buffer.length, offset);
      if (nBytes === 0) break;
      onOutput();
      process.stdout.write(Buffer.from(buffer.subarray(0, nBytes)));
      offset += nBytes;
    }
    closeSync(handle);
  };
}

function parseArguments(args: readonly string[]): HostOptions {
  const development: string[] = [];
  const found: { -readonly [K in keyof HostOptions]?: HostOptions[K] } = {
    extensionDevelopmentPaths: development,
    verbose: process.env.VSCODE_HOST_VERBOSE === '1',
  };
  for (const argument of args) {
    const [, name, value = ''] = /^--([\w-]+)(?:=(.*))?$/s.exec(argument) ?? [];
    if (name === undefined) {
      if (isWorkspace(argument)) found.workspace = argument; // A plain file is not opened.
    } else if (name === 'extensionDevelopmentPath') development.push(toPath(value));
    else if (name === 'extensionTestsPath') found.extensionTestsPath = toPath(value);
    else if (name === 'folder-uri') found.workspace = toPath(value);
    else if (name === 'extensions-dir') found.extensionsDir = value;
    else if (name === 'user-data-dir') found.settings = readSettings(value);
    else if (name === 'restricted') found.isRestricted = true; // Ours: the desktop has no such flag.
    // Any other flag is the desktop's own, such as --no-sandbox.
  }
  return found;
}

function isWorkspace(path: string): boolean {
  return path.endsWith('.code-workspace') || (existsSync(path) && statSync(path).isDirectory());
}

function toPath(value: string): string {
  return value.startsWith('file:') ? fileURLToPath(value) : value;
}

function readSettings(userData: string): Record<string, unknown> {
  const file = join(userData, 'User', 'settings.json');
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
}

// Runs what a page of the documentation tells people to type, in a folder as the page assumes it: `checkpoint`,
// `corpus` and `outputs.jsonl` are there, and `npx verbatim` is this checkout's command, with small numbers.

import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { after } from 'node:test';
import { pathToFileURL } from 'node:url';
import { CLI, demoCorpus, demoModel } from './cli.ts';

/** Keeps a page's commands as they are for people, and a test's seconds few. */
const SMALL: Readonly<Record<string, number>> = { '--samples': 16, '--max-tokens': 96 };

const shim = `#!${process.execPath}
const { readFileSync, writeFileSync } = require('node:fs');
const small = ${JSON.stringify(SMALL)};
const words = process.argv.slice(2);
if (words[0] === 'verbatim') words.shift();
const args = words.map((word, i) =>
  /^\\d+$/.test(word) && words[i - 1] in small ? String(Math.min(Number(word), small[words[i - 1]])) : word);
const plan = args.indexOf('--plan') + 1;
if (plan > 0) {
  const written = JSON.parse(readFileSync(args[plan], 'utf8'));
  if (written.samples !== undefined) written.samples = Math.min(written.samples, small['--samples']);
  writeFileSync(args[plan], JSON.stringify(written));
}
const bounded = /^(study|sample)$/.test(args[0]) && !args.some((arg) => /^--(max-tokens|plan)$/.test(arg));
if (bounded) args.push('--max-tokens', String(small['--max-tokens']));
process.argv.splice(1, Infinity, ${JSON.stringify(CLI)}, ...args);
import(${JSON.stringify(pathToFileURL(CLI).href)});
`;

export interface ShellResult {
  readonly exitCode: number | null;
  readonly output: string;
}

/** Prepares a folder and gives back how to run a script in it. */
export function shellPage(folder: string): (script: string) => Promise<ShellResult> {
  const bin = join(folder, '.bin');
  mkdirSync(bin, { recursive: true });
  for (const name of ['npx', 'verbatim']) {
    writeFileSync(join(bin, name), shim);
    chmodSync(join(bin, name), 0o755);
  }
  symlinkSync(demoModel, join(folder, 'checkpoint'));
  symlinkSync(demoCorpus, join(folder, 'corpus'));
  const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}` };
  return (script) =>
    new Promise((resolve, reject) => {
      const child = spawn('bash', ['-eo', 'pipefail', '-c', script], { cwd: folder, env });
      after(() => child.kill('SIGKILL'));
      let output = '';
      for (const stream of [child.stdout, child.stderr])
        stream.on('data', (chunk) => {
          output += chunk;
        });
      child.once('error', reject);
      child.once('close', (exitCode) => resolve({ exitCode, output }));
    });
}

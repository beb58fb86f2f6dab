// The processes of the sampler's bench: each measures one thing, so that peak memory is its own, and the references are
// installed once, outside of this project.

import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Checkpoint } from '../../server/sampling/model/checkpoint.ts';
import { buildExportedGraph } from './sampler-exported-graph.ts';
import type { Measurement, Result } from './sampler-measurement.ts';

/** Holds what is made once: checkpoints, exports and the packages of references. */
export const CACHE = join(tmpdir(), 'verbatim-bench');
const REFERENCES = {
  'transformers.js': { folder: 'reference', name: '@huggingface/transformers@4.3.1' },
  'llama.cpp': { folder: 'llama-cpp', name: 'node-llama-cpp@3.22.1' },
} as const;

export type Emit = (figure: object) => void;

export interface Measured extends Result {
  readonly peakBytes: number;
  /** What the process took before it did anything: the interpreter and the runtime's library. */
  readonly baseBytes: number;
  /** All but pages of files, which the system takes back when it needs them; the interpreter's 45 MB are in it. */
  readonly peakAnonymousBytes: number;
}

export async function measure(measurement: Measurement): Promise<Measured> {
  const program = join(import.meta.dirname, 'sampler-child.ts');
  const running = promisify(execFile)(process.execPath, [program, JSON.stringify(measurement)]);
  let peakAnonymousBytes = Number.NaN;
  const timer = setInterval(() => {
    const status = readIfThere(`/proc/${running.child.pid}/status`);
    const kilobytes = /RssAnon:\s+(\d+)/.exec(status)?.[1];
    if (kilobytes) peakAnonymousBytes = Math.max(peakAnonymousBytes || 0, 1024 * Number(kilobytes));
  }, 20);
  try {
    const { stdout } = await running;
    return { ...JSON.parse(stdout.trim().split('\n').at(-1)!), peakAnonymousBytes };
  } finally {
    clearInterval(timer);
  }
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** A reference may need more memory than there is: then there is no ratio, and the rest goes on. */
export async function measureReference(measurement: Measurement): Promise<Measured> {
  try {
    return await measure(measurement);
  } catch (cause) {
    console.error(`${measurement.kind} failed: ${(cause as Error).message}`);
    const none = Number.NaN;
    const nothing = { seconds: none, tokensPerSecond: none, tokensPerCpuSecond: none };
    return { ...nothing, peakBytes: none, baseBytes: none, peakAnonymousBytes: none };
  }
}

/** Installs a reference once and gives back the folder of its packages. */
export async function installReference(reference: keyof typeof REFERENCES): Promise<string> {
  const { folder, name } = REFERENCES[reference];
  const modules = join(CACHE, folder);
  if (!existsSync(join(modules, 'node_modules'))) {
    mkdirSync(modules, { recursive: true });
    writeFileSync(join(modules, 'package.json'), '{"private":true}');
    await promisify(execFile)('npm', ['install', '--ignore-scripts', '--no-audit', name], { cwd: modules });
  }
  return modules;
}

/** Writes the weights in the layout that the reference reads. */
export async function exportForReference(checkpoint: Checkpoint, dir: string): Promise<void> {
  const model = join(dir, 'onnx/model.onnx');
  if (existsSync(model)) return;
  mkdirSync(join(dir, 'onnx'), { recursive: true });
  writeFileSync(model, buildExportedGraph(checkpoint));
  writeFileSync(join(dir, 'generation_config.json'), '{"_from_model_config":true}');
}

/** Without what the process took before it did anything. */
export function ownMegabytes({ peakBytes, baseBytes }: Pick<Measured, 'peakBytes' | 'baseBytes'>): number {
  return (peakBytes - baseBytes) / 1e6;
}

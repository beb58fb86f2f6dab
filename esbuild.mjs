// Bundles every program into dist/: flat, so that a worker lies beside whoever starts it.

import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { build } from 'esbuild';
import { buildKernel } from './server/kernel/build-wasm.mjs';

const shared = {
  bundle: true,
  metafile: true,
  platform: 'node',
  target: 'node22',
  external: ['onnxruntime-node', 'vscode'],
  legalComments: 'none',
  logLevel: 'warning',
};

/** CommonJS dependencies inside an ES module still call require. */
const banner = {
  js: "import { createRequire as createRequireOf } from 'node:module'; const require = createRequireOf(import.meta.url);",
};

/** Gives back what esbuild says went into each file. The same sources give the same bytes in any folder. */
export async function bundle(outdir = 'dist') {
  mkdirSync(outdir, { recursive: true });
  for (const name of readdirSync(outdir)) if (/\.(c?js|css)$/.test(name)) rmSync(`${outdir}/${name}`);
  const results = await Promise.all([
    build({
      ...shared,
      outdir,
      format: 'esm',
      splitting: true, // what a command does not need is not loaded
      banner,
      entryPoints: {
        cli: 'server/cli.ts',
        server: 'server/main.ts',
        'sampling-worker': 'server/sampling/sampling-worker.ts',
        'device-process': 'server/sampling/device-process.ts',
        'scan-worker': 'server/kernel/scan-worker.ts',
        'measure-worker': 'server/lsp/measure-worker.ts',
      },
    }),
    build({
      ...shared,
      outdir,
      format: 'cjs',
      outExtension: { '.js': '.cjs' },
      entryPoints: { extension: 'src/extension.ts' },
    }),
    build({
      ...shared,
      outdir,
      platform: 'browser',
      target: 'chrome134', // that of the oldest VS Code that package.json allows
      format: 'iife',
      minify: true,
      entryPoints: [
        { in: 'webview/main.ts', out: 'dashboard' },
        { in: 'webview/dashboard.css', out: 'dashboard' },
      ],
    }),
    buildKernel(),
  ]);
  return results.flatMap((result) => result?.metafile ?? []);
}

if (import.meta.filename === process.argv[1]) await bundle();

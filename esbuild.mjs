// Bundles every program into dist/: flat, so that a worker lies beside whoever starts it.

import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { basename } from 'node:path';
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

/** What the extension imports when it needs it is a file of its own: activation does not pay for it. */
const lazyFiles = {
  name: 'lazy-files',
  setup({ onResolve }) {
    onResolve({ filter: /^\..*\.ts$/ }, ({ kind, path }) =>
      kind === 'dynamic-import' ? { path: `./${basename(path, '.ts')}.cjs`, external: true } : undefined,
    );
  },
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
        'sampling-worker': 'server/sampling/run/sampling-worker.ts',
        'device-process': 'server/sampling/run/device-process.ts',
        'scan-worker': 'server/kernel/scan-worker.ts',
        'measure-worker': 'server/queries/measure-worker.ts',
      },
    }),
    build({
      ...shared,
      outdir,
      format: 'cjs',
      outExtension: { '.js': '.cjs' },
      supported: { 'dynamic-import': false }, // an extension's modules are required
      plugins: [lazyFiles],
      entryPoints: { extension: 'src/extension.ts', 'start-client': 'src/start-client.ts' },
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

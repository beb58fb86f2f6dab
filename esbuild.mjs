// Bundles every program into dist/: flat, so that a worker lies beside whoever starts it.

import { copyFileSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { basename } from 'node:path';
import { build, context } from 'esbuild';
import { buildKernel } from './server/kernel/build-wasm.mjs';

const shared = {
  bundle: true,
  metafile: true,
  platform: 'node',
  target: 'node22',
  external: ['onnxruntime-node', 'koffi', 'vscode'],
  legalComments: 'none',
  logLevel: 'warning',
  // For a debugger; packages are bundled without.
  sourcemap: process.argv.includes('--source-maps'),
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

/** The bundles of all programs, as esbuild wants them. */
const programs = (outdir) => [
  {
    ...shared,
    outdir,
    format: 'esm',
    splitting: true, // what a command does not need is not loaded
    banner,
    entryPoints: {
      cli: 'server/cli.ts',
      'cli-thread': 'server/cli-thread.ts',
      'end-with-parent-thread': 'server/guard/end-with-parent-thread.ts',
      server: 'server/main.ts',
      'sampling-worker': 'server/sampling/run/sampling-worker.ts',
      'device-process': 'server/sampling/run/device-process.ts',
      'scan-worker': 'server/kernel/scan-worker.ts',
      'index-worker': 'server/corpus-index/index-worker.ts',
      'reader-process': 'server/queries/reader-process.ts',
      'end-when-stuck-thread': 'server/guard/end-when-stuck-thread.ts',
      'select-worker': 'server/hub/select-worker.ts',
      'reopen-worker': 'server/corpus/reopen-worker.ts',
      'import-ahead-worker': 'server/study/import-ahead-worker.ts',
      'user-files-worker': 'server/study/user-files-worker.ts',
      'open-worker': 'server/sampling/model/open-worker.ts',
      'encode-worker': 'server/sampling/tokenizer/encode-worker.ts',
    },
  },
  {
    ...shared,
    outdir,
    format: 'cjs',
    outExtension: { '.js': '.cjs' },
    supported: { 'dynamic-import': false }, // an extension's modules are required
    plugins: [lazyFiles],
    entryPoints: { extension: 'src/extension.ts', 'start-client': 'src/start-client.ts' },
  },
  {
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
  },
];

/** Gives back what esbuild says went into each file. The same sources give the same bytes in any folder. */
export async function bundle(outdir = 'dist') {
  mkdirSync(outdir, { recursive: true });
  for (const name of readdirSync(outdir)) if (/\.(c?js|css)(\.map)?$/.test(name)) rmSync(`${outdir}/${name}`);
  const kernels = 'server/sampling/cuda/kernels';
  for (const name of readdirSync(kernels)) copyFileSync(`${kernels}/${name}`, `${outdir}/${name}`);
  const results = await Promise.all([...programs(outdir).map(build), buildKernel()]);
  return results.flatMap((result) => result?.metafile ?? []);
}

/** Bundles again whenever a source changes, until the process ends. The kernel is built once. */
async function watch() {
  await bundle();
  for (const program of programs('dist')) await (await context({ ...program, logLevel: 'info' })).watch();
}

if (import.meta.filename === process.argv[1]) await (process.argv.includes('--watch') ? watch() : bundle());

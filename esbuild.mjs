// Bundles every program into dist/: flat, so that a worker lies beside whoever starts it.

import { rmSync } from 'node:fs';
import { build } from 'esbuild';

const shared = {
  bundle: true,
  outdir: 'dist',
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

export async function bundle() {
  for (const stale of ['cli.js', 'server.js', 'extension.cjs']) rmSync(`dist/${stale}`, { force: true });
  await Promise.all([
    build({
      ...shared,
      format: 'esm',
      banner,
      entryPoints: {
        cli: 'server/cli.ts',
        server: 'server/main.ts',
        'sampling-worker': 'server/sampling/sampling-worker.ts',
      },
    }),
    build({
      ...shared,
      format: 'cjs',
      outExtension: { '.js': '.cjs' },
      entryPoints: { extension: 'src/extension.ts' },
    }),
  ]);
}

if (import.meta.filename === process.argv[1]) await bundle();

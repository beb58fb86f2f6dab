// The invariants of the layout: a forbidden import does not pass the compiler or the linter.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const tool = (name: string, ...args: string[]) =>
  spawnSync(join(root, 'node_modules/.bin', name), args, { cwd: root, encoding: 'utf8' });

/** What the linter and the compiler say of one more file in `project`. */
function check(project: string, source: string): string {
  const file = join(project, `layer-probe-${process.pid}.ts`);
  writeFileSync(join(root, file), `${source}\n`);
  try {
    const lint = tool('biome', 'lint', '--only=style/noRestrictedImports', file);
    const types = tool(
      'tsc',
      '-p',
      project,
      '--noEmit',
      '--pretty',
      'false',
      '--tsBuildInfoFile',
      '.tsbuild/probe',
    );
    const complaints = types.stdout.split('\n').filter((line) => line.includes('layer-probe'));
    return [lint.status === 0 ? '' : lint.stderr, ...complaints].join('');
  } finally {
    rmSync(join(root, file));
  }
}

const importing = (name: string) => `import * as it from '${name}';\nexport const probe = it;`;

const forbidden: readonly (readonly [project: string, source: string])[] = [
  ['server', importing('vscode')],
  ['server', importing('../src/extension.ts')],
  ['webview', importing('node:fs')],
  ['webview', importing('vscode')],
  ['webview', importing('../server/version.ts')],
  ['src', importing('../server/version.ts')],
  ['server/engine', importing('node:fs')],
  ['server/engine', importing('node:sqlite')],
  ['server/engine', importing('onnxruntime-node')],
  ['server/engine', importing('../store/schema.ts')],
  ['server/engine', 'export const probe = process.env;'],
  ['server/analysis', importing('node:fs')],
  ['server/analysis', importing('../store/schema.ts')],
  ['guard/paths', importing('vscode')],
  ['guard/paths', importing('../../server/version.ts')],
  ['guard/text', importing('node:fs')],
  ['guard/text', importing('../../protocol/study.ts')],
  ['protocol', importing('node:fs')],
  ['protocol', importing('../server/version.ts')],
];

for (const [project, source] of forbidden) {
  test(`${project}/ refuses: ${source.split('\n')[0]}`, () => assert.notEqual(check(project, source), ''));
}

test('the probe passes where the import is allowed', () => {
  assert.equal(check('server', importing('node:fs')), '');
  assert.equal(check('server/engine', importing('../../protocol/study.ts')), '');
  assert.equal(check('src', importing('vscode')), '');
});

// The first labelling of fragments by rules: what kind of thing a model has memorised. The rules are in
// docs/taxonomy.md, in this order; the first that holds decides. Hand labels always win over them.

import { kindsOfLines, type LineKind } from './kind-of-line.ts';
import type { LicenseIndex } from './license-index.ts';

export type FragmentKind =
  | 'license'
  | 'copyright'
  | 'generated'
  | 'imports'
  | 'tests'
  | 'configuration'
  | 'documentation'
  | 'boilerplate'
  | 'logic';

export const fragmentKinds: readonly FragmentKind[] = [
  'license',
  'copyright',
  'generated',
  'documentation',
  'imports',
  'configuration',
  'tests',
  'boilerplate',
  'logic',
];

export interface KindLabel {
  readonly kind: FragmentKind;
  /** SPDX id, for a licence. */
  readonly spdxId: string | null;
}

export function kindOfFragment(text: string, licenses: LicenseIndex): KindLabel {
  const label = (kind: FragmentKind, spdxId: string | null = null): KindLabel => ({ kind, spdxId });
  const spdxId = licenses.match(text);
  if (spdxId !== null) return label('license', spdxId);
  const lines = text.split('\n');
  const kinds = kindsOfLines(lines);
  const share = (...wanted: readonly LineKind[]) =>
    kinds.filter((kind) => wanted.includes(kind)).length / Math.max(1, lines.length);
  if (generatedMark.test(text)) return label('generated');
  if (copyrightMark.test(text) && share('comment') >= 0.5) return label('copyright');
  if (share('comment') >= 0.6) return label('documentation');
  // What says nothing by itself (braces, `else`) goes with the lines around it.
  const telling = 1 - share('structure');
  if (telling === 0) return label('boilerplate');
  if (share('import') >= 0.6 * telling) return label('imports');
  if (share('test') >= 0.2 * telling) return label('tests');
  if (share('data') >= 0.7 * telling) return label('configuration');
  if (share('boilerplate') + share('import') >= 0.6 * telling) return label('boilerplate');
  return label('logic');
}

const generatedMark =
  /@generated|auto-?generated|generated (?:by|from|with|using|automatically)|(?:do not|don't) (?:edit|modify)/i;
const copyrightMark = /copyright|\(c\)\s*\d{4}|©|all rights reserved|spdx-license-identifier/i;

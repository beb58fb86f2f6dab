// The first labelling of fragments by rules: what kind of thing a model has memorised. The rules are in
// docs/taxonomy.md, in this order; the first that holds decides. Hand labels always win over them.

import type { Category } from '../../protocol/views.ts';
import { kindsOfLines, type LineKind } from './kind-of-line.ts';
import type { LicenseIndex } from './license-index.ts';
import { namedLicense } from './license-names.ts';

export interface KindLabel {
  readonly kind: Category;
  /** SPDX id, for a licence. */
  readonly spdxId: string | null;
}

export function kindOfFragment(text: string, licenses: LicenseIndex): KindLabel {
  const label = (kind: Category, spdxId: string | null = null): KindLabel => ({ kind, spdxId });
  const spdxId = licenses.match(text);
  if (spdxId !== null) return label('license', spdxId);
  const lines = text.split('\n');
  const kinds = kindsOfLines(lines);
  const share = (...wanted: readonly LineKind[]) =>
    kinds.filter((kind) => wanted.includes(kind)).length / Math.max(1, lines.length);
  if (generatedMark.test(text)) return label('generated');
  const named = share('comment') >= 0.5 ? namedLicense(text) : null;
  if (named !== null) return label('license', named);
  if (copyrightMark.test(text) && share('comment') >= 0.5) return label('copyright');
  if (share('comment') > 0.5) return label('documentation');
  // What says nothing by itself (braces, `else`) goes with the lines around it, and so do comments, few by now.
  const telling = 1 - share('structure', 'comment');
  if (telling < Number.EPSILON) return label('boilerplate');
  if (share('import') >= 0.6 * telling) return label('imports');
  if (share('test') >= 0.2 * telling || testFramework.test(text)) return label('tests');
  if (share('data') >= 0.7 * telling) return label('configuration');
  if (share('boilerplate') + share('import') >= 0.6 * telling) return label('boilerplate');
  return label('logic');
}

/** At the beginning of a line or of its comment: "keys generated from the results" says nothing of the file. */
const generatedMark =
  /@generated|^[^\w\n\r\u2028\u2029]*(?:(?:this|the)\s+)?(?:(?:file|code|module|class|document)\s+)?(?:(?:is|was|has been)\s+)?(?:auto(?:matically)?[- ]?)?generated\s+(?:by|from|with|using|automatically)|auto-?generated\s+(?:by|from|with|using|file|code|do not)|(?:do not|don't) (?:edit|modify) (?:this|it|by hand|manually|directly)|do not edit\b/im;
const copyrightMark = /copyright|\(c\)\s*\d{4}|©|all rights reserved|spdx-license-identifier/i;
/** Loaded by tests alone. */
const testFramework =
  /(?:\bfrom\s+|\brequire\s*\(\s*|^import\s+)["']?(?:tape|mocha|chai|jest|@jest\/globals|vitest|ava|tap|qunit|sinon|node:test|pytest|unittest|nose|hypothesis)\b/im;

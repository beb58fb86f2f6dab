// What the SARIF files of studies and of extraction maps have in common: one run of one tool, with a rule for pieces of
// training data, one for licences and one for what is sensitive.

import { forAddress } from '../../guard/text/for-address.ts';
import { forJson } from '../../guard/text/for-json.ts';
import { forSarif } from '../../guard/text/for-sarif.ts';
import { visible } from '../../guard/text/visible.ts';
import type { Provenance } from '../../protocol/fragments.ts';
import type { StudySummary } from '../../protocol/study.ts';
import type { Category } from '../../protocol/views.ts';
import { version } from '../version.ts';

export interface SarifRule {
  readonly id: string;
  readonly name: string;
  readonly shortDescription: { readonly text: string };
  readonly fullDescription: { readonly text: string };
  readonly defaultConfiguration: { readonly level: 'note' | 'error' };
  readonly help: { readonly text: string };
}

/** Any piece of training data, licences and copyright notices, what is sensitive. */
export type SarifRules = readonly [SarifRule, SarifRule, SarifRule];

/** The file's beginning, to which the run's properties and results are to be added. `asked` is what the study was asked to do. */
export function* sarifHead(rules: SarifRules, summary: StudySummary, asked: object): Generator<string> {
  yield `{"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [{`;
  yield `"tool": ${forJson({ driver: { name: 'Verbatim', semanticVersion: version, rules } })},`;
  yield `"columnKind": "utf16CodeUnits",`;
  const invocation = {
    executionSuccessful: summary.state === 'complete' || summary.state === 'partial',
    startTimeUtc: summary.createdAt,
    properties: {
      state: summary.state,
      ...asked,
      problems: summary.nProblems,
      files: summary.account,
      columns: summary.columnsRead,
    },
  };
  yield `"invocations": [${forJson(invocation)}],`;
}

export interface SarifPiece {
  readonly kind: Category;
  readonly spdxId: string | null;
  readonly sensitive: readonly string[];
  readonly fingerprint: string;
  /** Why the baseline accepts it; null where it does not. */
  readonly accepted: string | null;
}

/** Which rule a piece falls under, as a result says it. */
export function ruleOf(rules: SarifRules, { kind, sensitive }: SarifPiece) {
  const isLicense = kind === 'license' || kind === 'copyright';
  const ruleIndex = sensitive.length > 0 ? 2 : isLicense ? 1 : 0;
  const { id, defaultConfiguration } = rules[ruleIndex];
  return { ruleId: id, ruleIndex, level: defaultConfiguration.level };
}

/** What a piece is, for a message. */
export const describeKind = ({ kind, spdxId, sensitive }: SarifPiece): string =>
  forSarif([kind, spdxId, ...sensitive].filter(Boolean).join(', '));

/** What a piece is known again by, and whether it was accepted. */
export const identityOf = ({ fingerprint, accepted }: SarifPiece) => ({
  partialFingerprints: { 'verbatimFragment/v1': fingerprint },
  ...(accepted === null
    ? {}
    : { suppressions: [{ kind: 'external', status: 'accepted', justification: visible(accepted) }] }),
});

export const trainUri = ({ repository, path, shard, row }: Provenance): string =>
  forAddress('train', ...(path ? [repository, path] : [shard, row]));

/** Items as JSON, a line each, with commas between. */
export async function* joined(items: Iterable<unknown> | AsyncIterable<unknown>): AsyncGenerator<string> {
  let previous: string | undefined;
  for await (const item of items) {
    if (previous !== undefined) yield `${previous},`;
    previous = forJson(item);
  }
  if (previous !== undefined) yield previous;
}

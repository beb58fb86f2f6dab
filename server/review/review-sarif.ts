// A review as SARIF 2.1.0: a match a result, at its lines of the file, with its sources as related locations.

import { relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { compose } from '../../guard/text/compose.ts';
import { forAddress } from '../../guard/text/for-address.ts';
import { forJson } from '../../guard/text/for-json.ts';
import { forSarif } from '../../guard/text/for-sarif.ts';
import { visible } from '../../guard/text/visible.ts';
import type { CheckedSource } from '../../protocol/checked-text.ts';
import { version } from '../version.ts';
import type { Review, ReviewedMatch } from './check-files.ts';

const rule = {
  id: 'stands-in-training-data',
  name: 'StandsInTrainingData',
  shortDescription: { text: 'These lines stand word for word in training data.' },
  fullDescription: {
    text: 'At least as many significant lines as the index’s windows have are equal to lines of an indexed document.',
  },
  defaultConfiguration: { level: 'warning' },
  help: { text: 'See where they come from, and under which licence, under the related locations.' },
} as const;

/** Paths of a review are told from one folder, and addresses from another, which may be the same. */
export interface SarifBase {
  readonly folder: string;
  readonly from: string;
}

export function reviewSarif(review: Review, { folder, from }: SarifBase): string {
  const { notes, files, isVerified } = review;
  return forJson({
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'Verbatim', semanticVersion: version, rules: [rule] } },
        columnKind: 'utf16CodeUnits',
        originalUriBaseIds: { ROOT: { uri: `${pathToFileURL(folder).href}/` } },
        invocations: [
          {
            executionSuccessful: true,
            toolExecutionNotifications: notes.map((note) => ({
              level: 'warning',
              message: { text: forSarif(note) },
            })),
            properties: { isVerified },
          },
        ],
        results: files.flatMap(({ path, matches }) => {
          const address = uriOf(relative(folder, resolve(from, path)));
          return matches.map((match) => resultOf(address, match));
        }),
      },
    ],
  });
}

const uriOf = (path: string) => path.split(/[\\/]/).map(encodeURIComponent).join('/');

const resultOf = (uri: string, match: ReviewedMatch) => ({
  ruleId: rule.id,
  ruleIndex: 0,
  level: match.isVerified ? 'warning' : 'note',
  message: { text: describe(match) },
  locations: [
    {
      physicalLocation: {
        artifactLocation: { uri, uriBaseId: 'ROOT' },
        region: { startLine: match.firstLine, endLine: match.lastLine },
      },
    },
  ],
  relatedLocations: match.sources.map((source, id) => ({
    id,
    message: { text: forSarif(describeSource(source)) },
    physicalLocation: {
      artifactLocation: { uri: forAddress('train', source.repository, source.path) },
      ...(source.firstLine === null || source.lastLine === null
        ? {}
        : { region: { startLine: source.firstLine, endLine: source.lastLine } }),
    },
  })),
  ...(match.fingerprint === null
    ? {}
    : { partialFingerprints: { 'verbatimFragment/v1': match.fingerprint } }),
  ...(match.accepted === null
    ? {}
    : { suppressions: [{ kind: 'external', status: 'accepted', justification: visible(match.accepted) }] }),
  properties: {
    isVerified: match.isVerified,
    len: match.nLines,
    train: match.occurrences,
    documents: match.nDocuments,
    repositories: match.nRepositories,
    licenses: match.licenses,
  },
});

function describe({ firstLine, lastLine, nDocuments, licenses, isVerified }: ReviewedMatch): string {
  const under = licenses.map(({ license }) => forSarif(license) || 'unknown').join(', ');
  const sure = isVerified ? '' : ' (unverified: the training data was not opened)';
  const n = nDocuments === 1 ? '1 document' : `${nDocuments} documents`;
  return `Lines ${firstLine} to ${lastLine} stand in ${n} of the training data; licences: ${under}${sure}.`;
}

const describeSource = ({ repository, path, license }: CheckedSource) =>
  compose`${repository} ${path} (${license})`;

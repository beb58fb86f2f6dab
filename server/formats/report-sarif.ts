// The report as SARIF 2.1.0: a fragment a result, located in a sample whose text travels along, with its
// training places as related locations. Streams: only the ids of the samples to carry are gathered first.

import { forJson } from '../../guard/text/for-json.ts';
import { forSarif, forSarifLink } from '../../guard/text/for-sarif.ts';
import { rawValue } from '../../guard/text/foreign.ts';
import type { StudyPlan } from '../../protocol/study.ts';
import { maskRanges } from '../analysis/sensitive.ts';
import type { SensitiveFinding } from '../answers/sensitive-findings.ts';
import { toVersion1 } from '../plan/version-1.ts';
import { readSampleText } from '../store/samples-table.ts';
import { confirmationLinks, describeConfirmation, findingsByFragment } from './confirmations.ts';
import {
  describeTrainPlace,
  type FragmentEntry,
  firstSamples,
  fragmentEntries,
  type ReportContent,
} from './report-content.ts';
import { counted } from './report-numbers.ts';
import {
  describeKind,
  identityOf,
  joined,
  ruleOf,
  type SarifRules,
  sarifHead,
  trainUri,
} from './sarif-parts.ts';

export async function* reportSarif(content: ReportContent): AsyncGenerator<string> {
  const { summary, answers } = content;
  const samples = new Map<number, number>();
  if (answers) {
    for (const sample of firstSamples(content)) if (!samples.has(sample)) samples.set(sample, samples.size);
  }
  yield* sarifHead(rules, summary, { plan: toVersion1(rawValue<StudyPlan>(summary.plan)) });
  yield `"properties": ${forJson({ measures: answers?.measures ?? null })},`;
  yield '"artifacts": [';
  yield* joined(artifacts(content, samples.keys()));
  yield '], "results": [';
  yield* joined(results(content, samples));
  yield ']}]}';
}

const rules: SarifRules = [
  {
    id: 'memorised-fragment',
    name: 'MemorisedFragment',
    shortDescription: { text: 'The model repeats training data word for word.' },
    fullDescription: {
      text: 'A sample of the model shares at least the plan’s number of lines with a training document.',
    },
    defaultConfiguration: { level: 'note' },
    help: { text: 'See where it comes from under the related locations.' },
  },
  {
    id: 'memorised-license',
    name: 'MemorisedLicense',
    shortDescription: { text: 'The model repeats a licence or a copyright notice of its training data.' },
    fullDescription: {
      text: 'A memorised fragment is the text of a licence, names one, or says who owns what follows.',
    },
    defaultConfiguration: { level: 'note' },
    help: { text: 'Code that the model repeats near it may be under this licence.' },
  },
  {
    id: 'memorised-sensitive',
    name: 'MemorisedSensitive',
    shortDescription: { text: 'The model repeats secret or personal content of its training data.' },
    fullDescription: {
      text: 'A memorised fragment holds an access token, a private key, an e-mail address or a public IP address.',
    },
    defaultConfiguration: { level: 'error' },
    help: { text: 'Have the training rows removed, and the secret withdrawn.' },
  },
];

const sampleUri = (sample: number) => `samples/${sample}.txt`;

/** Texts are masked like the fragments in them. */
function* artifacts({ db, options, answers }: ReportContent, samples: Iterable<number>): Generator<unknown> {
  const decoder = new TextDecoder();
  for (const sample of samples) {
    const whole = decoder.decode(readSampleText(db, sample));
    const ranges = answers?.sampleRanges.get(sample);
    const text = ranges && options.disclosure === 'masked' ? maskRanges(whole, ranges) : whole;
    yield { location: { uri: sampleUri(sample) }, roles: ['analysisTarget'], contents: { text } };
  }
}

function* results(content: ReportContent, samples: ReadonlyMap<number, number>): Generator<unknown> {
  const findings = findingsByFragment(content.answers?.sensitive.inFragments ?? []);
  for (const entry of fragmentEntries(content)) {
    const place = entry.samplePlaces[0];
    yield {
      ...ruleOf(rules, entry),
      message: { text: describe(entry) + confirmations(findings.get(entry.fingerprint) ?? []) },
      locations: place ? [sampleLocation(place, samples.get(place.sample)!)] : [],
      relatedLocations: entry.trainPlaces.map((train, id) => ({
        id,
        message: { text: forSarif(describeTrainPlace(train)) },
        physicalLocation: {
          artifactLocation: { uri: trainUri(train) },
          region: { startLine: train.firstLine, endLine: train.lastLine },
        },
      })),
      ...identityOf(entry),
      properties: {
        tags: [entry.kind, ...entry.sensitive],
        len: entry.nLines,
        train: entry.train,
        documents: entry.documents,
        repositories: entry.repositories,
        extract: entry.extract,
        samples: entry.samples,
        clipped: entry.clipped,
        onlyInLoops: entry.onlyInLoops,
        family: entry.family,
        spdxId: entry.spdxId,
        ...(entry.sensitive.length > 0 ? { findings: findings.get(entry.fingerprint) } : {}),
      },
    };
  }
}

const describe = (e: FragmentEntry) =>
  `${e.nLines} lines of training data repeated word for word (${describeKind(e)}): ` +
  `${counted(e.train, 'time')} in ${counted(e.documents, 'training document')}, ${counted(e.extract, 'time')} in ${counted(e.samples, 'sample')}.`;

/** What was found in the fragment and the training lines that confirm it, with links that a viewer may follow. */
function confirmations(findings: readonly SensitiveFinding[]): string {
  return findings.map((finding) => ` ${confirmation(finding)}.`).join('');
}

function confirmation({ rule, line, confirmedBy }: SensitiveFinding): string {
  if (!confirmedBy) return `Line ${line}: ${rule}`;
  const links = confirmationLinks(confirmedBy).map(({ title, url }) => `, [${title}](${forSarifLink(url)})`);
  return `Line ${line}: ${rule}, confirmed by ${forSarif(describeConfirmation(confirmedBy))}${links.join('')}`;
}

const sampleLocation = (place: FragmentEntry['samplePlaces'][number], index: number) => ({
  physicalLocation: {
    artifactLocation: { uri: sampleUri(place.sample), index },
    region: { startLine: place.firstLine, endLine: place.lastLine },
  },
});

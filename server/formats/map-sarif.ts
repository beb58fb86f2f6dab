// The regions of an extraction map as SARIF 2.1.0: a region a result, located in the training document where it is
// likeliest, with its other places as related locations.

import { forJson } from '../../guard/text/for-json.ts';
import { forSarif } from '../../guard/text/for-sarif.ts';
import { rawValue } from '../../guard/text/foreign.ts';
import { visible } from '../../guard/text/visible.ts';
import type { StudyPlan } from '../../protocol/study.ts';
import { version } from '../version.ts';
import {
  describeMap,
  describeOdds,
  describeRegionPlace,
  type MapReport,
  type RegionEntry,
  regionEntries,
} from './map-content.ts';
import { counted } from './report-numbers.ts';
import { joined, trainUri } from './sarif-parts.ts';

export async function* mapSarif(report: MapReport): AsyncGenerator<string> {
  const { summary, measures } = report;
  const { rates, counts } = measures;
  yield `{"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [{`;
  yield `"tool": ${forJson({ driver })},`;
  yield `"columnKind": "utf16CodeUnits",`;
  const invocation = {
    executionSuccessful: summary.state === 'complete' || summary.state === 'partial',
    startTimeUtc: summary.createdAt,
    properties: {
      state: summary.state,
      plan: rawValue<StudyPlan>(summary.plan),
      map: describeMap(report),
      problems: summary.nProblems,
      files: summary.account,
      columns: summary.columnsRead,
    },
  };
  yield `"invocations": [${forJson(invocation)}],`;
  yield `"properties": ${forJson({ counts, rates, control: measures.control })},`;
  yield '"results": [';
  yield* joined(results(report));
  yield ']}]}';
}

const rules = [
  {
    id: 'extractable-region',
    name: 'ExtractableRegion',
    shortDescription: { text: 'The model may go on with this piece of training data word for word.' },
    fullDescription: {
      text: 'Given the text before it, the model draws it with a probability worth telling.',
    },
    defaultConfiguration: { level: 'note' },
    help: { text: 'The probability of its likeliest window stands in the message.' },
  },
  {
    id: 'extractable-license',
    name: 'ExtractableLicense',
    shortDescription: {
      text: 'The model may go on with a licence or a copyright notice of its training data.',
    },
    fullDescription: {
      text: 'The piece is the text of a licence, names one, or says who owns what follows.',
    },
    defaultConfiguration: { level: 'note' },
    help: { text: 'Code that the model writes near it may be under this licence.' },
  },
  {
    id: 'extractable-sensitive',
    name: 'ExtractableSensitive',
    shortDescription: { text: 'The model may give away secret or personal content of its training data.' },
    fullDescription: {
      text: 'The piece holds an access token, a private key, an e-mail address or a public IP address.',
    },
    defaultConfiguration: { level: 'error' },
    help: { text: 'Have the training rows removed, and the secret withdrawn.' },
  },
] as const;

const driver = { name: 'Verbatim', semanticVersion: version, rules };

async function* results(report: MapReport): AsyncGenerator<unknown> {
  for await (const entry of regionEntries(report, { places: 5 })) {
    const rule = ruleOf(entry);
    const [first, ...others] = entry.places.map((place, i) => locationOf(place, i === 0 ? entry.text : null));
    yield {
      ruleId: rules[rule].id,
      ruleIndex: rule,
      level: rules[rule].defaultConfiguration.level,
      message: { text: describe(entry) },
      locations: first === undefined ? [] : [first],
      relatedLocations: others.map((location, id) => ({
        id,
        message: { text: forSarif(describeRegionPlace(entry.places[id + 1]!)) },
        ...location,
      })),
      partialFingerprints: { 'verbatimFragment/v1': entry.fingerprint },
      ...(entry.accepted === null
        ? {}
        : {
            suppressions: [{ kind: 'external', status: 'accepted', justification: visible(entry.accepted) }],
          }),
      properties: {
        tags: [entry.kind, ...entry.sensitive],
        len: entry.nLines,
        regions: entry.regions,
        documents: entry.documents,
        bestLogp: entry.bestLogp,
        evenOdds: entry.evenOdds,
        spdxId: entry.spdxId,
      },
    };
  }
}

function ruleOf(entry: RegionEntry): 0 | 1 | 2 {
  if (entry.sensitive.length > 0) return 2;
  return entry.kind === 'license' || entry.kind === 'copyright' ? 1 : 0;
}

const describe = (e: RegionEntry) =>
  `${counted(e.nLines, 'line')} of training data that the model may go on with ` +
  `(${forSarif([e.kind, e.spdxId, ...e.sensitive].filter(Boolean).join(', '))}): ` +
  `${describeOdds(e)}, in ${counted(e.documents, 'training document')}.`;

/** The text travels along where the region stands first. */
const locationOf = (place: RegionEntry['places'][number], text: string | null) => ({
  physicalLocation: {
    artifactLocation: { uri: trainUri(place) },
    region: {
      startLine: place.firstLine,
      endLine: place.lastLine,
      ...(text === null ? {} : { snippet: { text } }),
    },
  },
});

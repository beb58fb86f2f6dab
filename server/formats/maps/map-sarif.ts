// The regions of an extraction map as SARIF 2.1.0: a region a result, located in the training document where it is
// likeliest, with its other places as related locations.

import { forJson } from '../../../guard/text/for-json.ts';
import { forSarif } from '../../../guard/text/for-sarif.ts';
import { rawValue } from '../../../guard/text/foreign.ts';
import type { StudyPlan } from '../../../protocol/study.ts';
import { counted } from '../report-numbers.ts';
import {
  describeKind,
  identityOf,
  joined,
  ruleOf,
  type SarifRules,
  sarifHead,
  trainUri,
} from '../sarif-parts.ts';
import {
  describeMap,
  describeOdds,
  describeRegionPlace,
  type MapReport,
  type RegionEntry,
  regionEntries,
} from './map-content.ts';

export async function* mapSarif(report: MapReport): AsyncGenerator<string> {
  const { summary, measures } = report;
  const { rates, counts } = measures;
  const asked = { plan: rawValue<StudyPlan>(summary.plan), map: describeMap(report) };
  yield* sarifHead(rules, summary, asked);
  yield `"properties": ${forJson({ counts, rates, control: measures.control })},`;
  yield '"results": [';
  yield* joined(results(report));
  yield ']}]}';
}

const rules: SarifRules = [
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
];

async function* results(report: MapReport): AsyncGenerator<unknown> {
  for await (const entry of regionEntries(report, { places: 5 })) {
    const [first, ...others] = entry.places.map((place, i) => locationOf(place, i === 0 ? entry.text : null));
    yield {
      ...ruleOf(rules, entry),
      message: { text: describe(entry) },
      locations: first === undefined ? [] : [first],
      relatedLocations: others.map((location, id) => ({
        id,
        message: { text: forSarif(describeRegionPlace(entry.places[id + 1]!)) },
        ...location,
      })),
      ...identityOf(entry),
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

const describe = (e: RegionEntry) =>
  `${counted(e.nLines, 'line')} of training data that the model may go on with ` +
  `(${describeKind(e)}): ` +
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

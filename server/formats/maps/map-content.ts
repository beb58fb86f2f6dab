// What every report on an extraction map says, whatever its form: facts of the study, then tables. Names of training
// data are masked here, so no form can forget to.

import { compose, joinForeign } from '../../../guard/text/compose.ts';
import { type Encodable, foreign, rawText } from '../../../guard/text/foreign.ts';
import { evenOdds } from '../../../protocol/even-odds.ts';
import type { Provenance } from '../../../protocol/fragments.ts';
import type { MapPlan, StudySummary } from '../../../protocol/study.ts';
import { LEAST_PROBABILITIES } from '../../analysis/extraction.ts';
import type { Estimate } from '../../analysis/intervals.ts';
import { tellingLine } from '../../analysis/telling-line.ts';
import { disclosedNames } from '../../answers/disclosed-names.ts';
import { type ExposedRegion, exposedRegions } from '../../answers/maps/exposed-regions.ts';
import type { ExaminedMeasures } from '../../answers/maps/measure-examined.ts';
import {
  type MapGroup,
  type MapMeasures,
  type MapRates,
  measureMap,
} from '../../answers/maps/measure-map.ts';
import type { Disclosure } from '../../answers/undisclosed.ts';
import type { MapCounts } from '../../store/maps/map-reader.ts';
import { countRegionGroups } from '../../store/maps/map-regions.ts';
import type { Database } from '../../store/study-file.ts';
import { readStudy } from '../../store/study-table.ts';
import type { Baseline } from '../baseline-file.ts';
import { discloseTroubles } from '../report-content.ts';
import { count, counted, percentInterval } from '../report-numbers.ts';
import type { TextTable } from '../text-tables.ts';
import { calibrationTable } from './calibration-table.ts';

export interface MapReport {
  readonly db: Database;
  readonly summary: StudySummary;
  readonly environment: Readonly<Record<string, unknown>>;
  readonly map: MapPlan;
  readonly options: MapReportOptions;
  readonly measures: MapMeasures;
  /** The first of what could not be read. */
  readonly problems: readonly string[];
}

export interface MapReportOptions {
  /** The most documents, and regions; left out: 10 documents, and as many regions as a form shows. */
  readonly top?: number;
  /** Places listed a region. */
  readonly places?: number;
  readonly disclosure: Disclosure;
  readonly baseline: Baseline | null;
}

export async function gatherMapReport(
  db: Database,
  summary: StudySummary,
  options: MapReportOptions,
): Promise<MapReport> {
  const { disclosure, top = 10 } = options;
  const { environment, plan } = readStudy(db)!;
  const map = plan.map!;
  const measures = measureMap(db, map.suffix);
  const showPlace = await disclosedNames(db, disclosure);
  const showGroups = (groups: readonly MapGroup[], as: 'license' | 'repository' | 'path') =>
    groups.map((group) => ({ ...group, name: showPlace({ [as]: group.name })[as]! }));
  return {
    ...(await discloseTroubles(db, summary, disclosure)),
    ...{ db, environment, map, options },
    measures: {
      ...measures,
      byLicense: showGroups(measures.byLicense, 'license'),
      byRepository: showGroups(measures.byRepository, 'repository'),
      documents: measures.documents
        .slice(0, top)
        .map((document) => ({ ...document, provenance: showPlace(document.provenance) })),
    },
  };
}

/** A region as reports show it. */
export interface RegionEntry extends ExposedRegion {
  /** The reason in the baseline; null where the region is not in it. */
  readonly accepted: string | null;
}

/** The likeliest first, read as they are asked for. */
export async function* regionEntries(
  { db, options }: Pick<MapReport, 'db' | 'options'>,
  { top, places }: { readonly top?: number; readonly places: number },
): AsyncGenerator<RegionEntry> {
  const { disclosure, baseline } = options;
  const most = options.top ?? top;
  const asked = {
    places: options.places ?? places,
    disclosure,
    ...(most === undefined ? {} : { top: most }),
  };
  for await (const region of exposedRegions(db, asked)) {
    yield { ...region, accepted: baseline?.accepted.get(region.fingerprint) ?? null };
  }
}

/** "owner/repo · path:12-20 (mit)" */
export const describeRegionPlace = (place: RegionEntry['places'][number]): Encodable => {
  const lines = `:${place.firstLine}-${place.lastLine}`;
  return placeOf(place, lines);
};

/** How the map was made, in a line: wherever its numbers stand, this stands too. */
export function describeMap({ map, summary }: Pick<MapReport, 'map' | 'summary'>): string {
  const { topK, temperature } = summary.plan.sampling;
  const { context, prefix, suffix, stride, anchor, bos } = map;
  return (
    `${context} context, prefix ${prefix}, suffix ${suffix}, stride ${stride}${anchor === 'end' ? ' from the end' : ''}${bos ? ', beginning token' : ''}; ` +
    `temperature ${temperature}, ${topK === 0 ? 'whole vocabulary' : `top-k ${topK}`}`
  );
}

export const describeRead = (counts: MapCounts): string =>
  `${counted(counts.nDocuments, 'document')}, ${counts.nShardsMapped} of ${counts.nShards} shards read; ` +
  `${count(counts.nShort)} shorter than a window, ${count(counts.nUnfaithful)} not given back by the tokenizer`;

/** "p 0.93, even odds in 1 draw" */
export const describeOdds = ({ bestLogp, evenOdds: n }: Pick<RegionEntry, 'bestLogp' | 'evenOdds'>): string =>
  `p ${Math.exp(bestLogp).toPrecision(3)}, even odds in ${counted(n, 'draw')}`;

/** Why there are no rates, and what to try. */
export function explainNoWindow({ summary, map, measures: { counts } }: MapReport): string {
  if (summary.nDocuments === 0) return 'Nothing was searched: no document could be read.';
  const nothing = 'No window was measured, so nothing is said of what could be drawn out';
  return counts.nShort === 0
    ? `${nothing}.`
    : `${nothing}: a window takes ${map.prefix + map.suffix} tokens, and ${counted(counts.nShort, 'document')} ${counts.nShort === 1 ? 'has' : 'have'} fewer. Choose a shorter --prefix or --suffix.`;
}

/** The first regions as a table. */
export async function regionTable(report: MapReport): Promise<TextTable> {
  const rows: Encodable[][] = [];
  for await (const region of regionEntries(report, { top: 10, places: 1 })) {
    const [place] = region.places;
    rows.push([
      region.fingerprint,
      Math.exp(region.bestLogp).toPrecision(3),
      count(region.evenOdds),
      count(region.documents),
      count(region.nLines),
      place === undefined ? '' : describeRegionPlace(place),
      foreign(tellingLine(region.text).slice(0, 60)),
    ]);
  }
  const n = countRegionGroups(report.db);
  return {
    title: 'Regions most likely to be drawn',
    head: ['fingerprint', 'best p', 'draws for even odds', 'documents', 'lines', 'place', 'line'],
    rows,
    ...(n > rows.length ? { note: `… and ${count(n - rows.length)} more regions: --top ${n}` } : {}),
  };
}

/** What a closer look at some windows says, beside the control's where there is one. */
function* examinedTable({ examined, control }: MapMeasures): Generator<TextTable> {
  if (examined === null) return;
  const other = control?.examined ?? null;
  const beside = (of: (one: ExaminedMeasures) => string | undefined) => [
    of(examined) ?? 'unknown',
    ...(other === null ? [] : [of(other) ?? 'unknown']),
  ];
  const nats = ({ value, low, high }: Estimate) =>
    `${value.toFixed(1)} (${low.toFixed(1)} to ${high.toFixed(1)})`;
  yield {
    title: 'A closer look at windows drawn at random',
    head: ['measure', 'training data', ...(other === null ? [] : ['control'])],
    rows: [
      ['windows', ...beside(({ nWindows }) => count(nWindows))],
      ['greedy continuation is the suffix', ...beside(({ verbatim }) => percentInterval(verbatim))],
      [
        'near-verbatim (at most 10 % of tokens differ)',
        ...beside(({ nearVerbatim }) => percentInterval(nearVerbatim)),
      ],
      [
        'extractable(100, 0.5)',
        ...beside(({ prior }) => prior?.extractable && percentInterval(prior.extractable)),
      ],
      [
        'extractable(100, 0.5) behind unrelated prefixes',
        ...beside(({ prior }) => prior?.extractableUnrelated && percentInterval(prior.extractableUnrelated)),
      ],
      ['nats gained by its own prefix', ...beside(({ prior }) => prior?.gain && nats(prior.gain))],
    ],
    note: 'All of these see the prefix alone.',
  };
}

/** The answers as tables, in order. */
export function* mapTables({ measures }: MapReport): Generator<TextTable> {
  const { rates, control } = measures;
  yield extractableTable('Extractable windows', rates);
  yield {
    title: 'Expected number of windows drawn',
    head: ['draws of each', 'windows'],
    rows: rates.expected.map(({ n, nWindows }) => [count(n), nWindows.toFixed(1)]),
  };
  yield* examinedTable(measures);
  if (measures.calibration !== null) yield calibrationTable(measures.calibration);
  if (control !== null) {
    const { counts, excess, nOverlapping } = control;
    const excessOf = (n: number, p: number) =>
      excess.extractable.find((cell) => cell.n === n && cell.p === p)!.share;
    const shareOf = (of: MapRates, n: number, p: number) =>
      of.extractable.find((cell) => cell.n === n && cell.p === p)!.share;
    yield {
      title: 'Beside the control',
      head: ['measure', 'training data', 'control', 'excess'],
      rows: [
        ['greedy windows', rates.greedy.share, control.rates.greedy.share, excess.greedy],
        ['likeliest tokens', rates.argmax, control.rates.argmax, excess.argmax],
        ...[1, 100, 10_000].map((n) => [
          `extractable(${n}, 0.5)`,
          shareOf(rates, n, 0.5),
          shareOf(control.rates, n, 0.5),
          excessOf(n, 0.5),
        ]),
      ].map(([name, ...some]) => [name as string, ...some.map((one) => signed(one as Estimate))]),
      note:
        `The control: ${describeRead(counts)}; ${counted(control.rates.nWindows, 'window')}.` +
        (nOverlapping === null
          ? ''
          : nOverlapping === 0
            ? ' None of them stands in the training data.'
            : ` Of them ${count(nOverlapping)} stand in the training data too, and are no control.`),
    };
  }
  const { byCopies, byLicense, byRepository, byFileType, documents } = measures;
  if (byCopies !== null) yield groupTable('By copies of the text in the training data', 'copies', byCopies);
  yield groupTable('By licence', 'licence', byLicense);
  yield groupTable('By repository', 'repository', byRepository);
  yield groupTable('By file type', 'file type', byFileType);
  yield {
    title: 'Documents most exposed',
    head: ['document', 'windows', 'best p', 'draws for even odds', 'expected in 100 draws'],
    rows: documents.map(({ provenance, nWindows, bestLogp, expected }) => [
      placeOf(provenance),
      count(nWindows),
      bestLogp === null ? '0' : Math.exp(bestLogp).toPrecision(3),
      bestLogp === null ? 'never' : count(evenOdds(bestLogp)),
      expected.find(({ n }) => n === 100)!.nWindows.toFixed(2),
    ]),
  };
}

function extractableTable(title: string, { extractable }: MapRates): TextTable {
  const draws = [...new Set(extractable.map(({ n }) => n))];
  return {
    title,
    head: ['draws', ...LEAST_PROBABILITIES.map((p) => `p ≥ ${p}`)],
    rows: draws.map((n) => [
      count(n),
      ...extractable.filter((cell) => cell.n === n).map(({ share }) => percentInterval(share)),
    ]),
  };
}

function groupTable(title: string, what: string, groups: readonly MapGroup[]): TextTable {
  return {
    title,
    head: [what, 'windows', 'greedy', 'likeliest tokens', 'extractable(100, 0.5)'],
    rows: groups.map(({ name, nWindows, greedy, argmax, extractable }) => [
      rawText(name) === '' ? 'unknown' : name,
      count(nWindows),
      percentInterval(greedy),
      percentInterval(argmax),
      percentInterval(extractable),
    ]),
  };
}

/** A share or the difference of two: "-1.2 % (-3.0–0.6)". */
function signed(estimate: Estimate): string {
  const { value, low, high } = estimate;
  if (value > 0 || Number.isNaN(value) || low >= 0) return percentInterval(estimate);
  return `${(100 * value).toFixed(1)} % (${(100 * low).toFixed(1)} to ${(100 * high).toFixed(1)})`;
}

function placeOf({ shard, row, repository, path, license }: Provenance, lines = ''): Encodable {
  const named = joinForeign([repository, path], ' · ');
  const name = rawText(named) === '' ? compose`${shard} row ${row}` : named;
  return compose`${name}${lines}${rawText(license) === '' ? '' : compose` (${license})`}`;
}

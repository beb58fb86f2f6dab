// A run in the published layout as a study file: its outputs, and what its logs found. The fingerprints stay
// the detector's own, so they are names here and no longer the MD5 of the text.

import { existsSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import type { Profile, StudyPlan } from '../../../protocol/study.ts';
import { type CoveredRange, type Fragment, PLACE_CAP, type SamplePlace } from '../../engine/detection.ts';
import { normaliseLine } from '../../engine/normalise-line.ts';
import { UserError } from '../../errors.ts';
import { defaultRule, defaultSampling } from '../../study/plan.ts';
import {
  type ImportedCounts,
  type ImportedFragment,
  type ImportedPlaces,
  importCounts,
  importPlaces,
} from './import-places.ts';
import { importSamples, type MergedSample, type PublishedSamples } from './import-samples.ts';
import { findRuns, type RunFolders } from './layout.ts';
import { readLines } from './text-lines.ts';

export interface ImportedStudy {
  readonly plan: StudyPlan;
  readonly environment: Readonly<Record<string, unknown>>;
  readonly samples: PublishedSamples['samples'];
  readonly shards: readonly { readonly name: string; readonly path: string }[];
  readonly documents: readonly ImportedDocument[];
  readonly fragments: readonly Fragment[];
  readonly covered: readonly CoveredRange[];
  /** Places that could not be brought back to a sample. */
  readonly nLostPlaces: number;
}

export interface ImportedDocument {
  readonly shard: number;
  readonly row: number;
  readonly repository: string;
  readonly path: string;
  readonly license: string;
}

/** `run` names one of several runs below the folder, such as `codeparrot-temp1.0-len512-k40`. */
export function importStudy(root: string, run: string | undefined): ImportedStudy {
  const folders = chooseRun(resolve(root), run);
  const samples = importSamples(folders.results);
  const places = folders.logs ? importPlaces(folders.logs) : { fragments: new Map(), shards: [] };
  const own = folders.logs ? readOwn(folders.logs) : undefined;
  const plan = own?.plan ?? publishedPlan(folders, samples);
  const counts = folders.logs ? readCounts(join(folders.logs, 'stats', 'verbatim-counts.jsonl')) : new Map();
  const placed = placeFragments(places, samples, counts, plan.rule.profile);
  const isWithoutLogs = folders.logs !== null && places.shards.length === 0;
  const found = isWithoutLogs
    ? { ...placed, fragments: describeCounts(importCounts(folders.logs!), plan.rule.profile) }
    : placed;
  const nShards = Math.max(-1, ...places.shards) + 1;
  return {
    plan,
    environment: {
      ...own?.environment,
      imported: { layout: 'published', from: resolve(root), detector: own ? 'verbatim' : 'simian' },
    },
    samples: samples.samples,
    shards: own?.shards ?? Array.from({ length: nShards }, (_, i) => ({ name: String(i), path: String(i) })),
    documents: listDocuments(places),
    ...found,
  };
}

function chooseRun(root: string, run: string | undefined): RunFolders {
  const runs = findRuns(root);
  const wanted = run === undefined ? runs : runs.filter(({ results }) => basename(results) === basename(run));
  if (wanted.length === 1) return wanted[0]!;
  const names = runs.map(({ results }) => results.slice(join(root, 'extract', 'results').length + 1));
  if (wanted.length > 1) {
    throw new UserError(`${root} holds several runs: ${names.join(', ')}`, {
      action: 'Choose one with --run.',
    });
  }
  throw new UserError(`${root} holds no run${run === undefined ? '' : ` ${run}`} in the published layout`, {
    action: 'It must hold extract/results/{model}-temp{T}-len{L}-k{K}/.',
  });
}

/** The plan as far as the folder's name tells it. Simian's Text mode is our profile text-1. */
function publishedPlan({ name, results }: RunFolders, { samples, prompts }: PublishedSamples): StudyPlan {
  const { temperature, maxTokens, topK } = name;
  const strategy = (name.strategy ??
    (prompts.length > 0 ? 'pcg' : 'npg')) as StudyPlan['sampling']['strategy'];
  return {
    model: null,
    samples: results,
    corpus: [],
    sampling: {
      ...defaultSampling,
      strategy,
      nSamples: samples.length,
      temperature,
      maxTokens,
      topK,
      prompts,
    },
    rule: { ...defaultRule, profile: 'text-1' },
  };
}

interface OwnExport {
  readonly plan: StudyPlan;
  readonly environment: Readonly<Record<string, unknown>>;
  readonly shards: readonly { readonly name: string; readonly path: string }[];
}

function readOwn(logs: string): OwnExport | undefined {
  const path = join(logs, 'verbatim-study.json');
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as OwnExport) : undefined;
}

interface ExactCounts {
  readonly train: number;
  readonly extract: number;
  readonly documents: number;
  readonly repositories: number;
  readonly samples: number;
  readonly clipped: boolean;
}

/** Counts beyond the places that a log lists; only our own exports have them. */
function readCounts(path: string): ReadonlyMap<string, ExactCounts> {
  if (!existsSync(path)) return new Map();
  return new Map(
    Array.from(readLines(path), (line) => {
      const { fingerprint, ...counts } = JSON.parse(line) as ExactCounts & { fingerprint: string };
      return [fingerprint, counts];
    }),
  );
}

function listDocuments({ fragments }: ImportedPlaces): readonly ImportedDocument[] {
  const documents = new Map<string, ImportedDocument>();
  for (const { trainPlaces } of fragments.values()) {
    for (const { shard, row, repository, path, license } of trainPlaces.values()) {
      documents.set(`${shard}:${row}`, { shard, row, repository, path, license });
    }
  }
  return [...documents.values()];
}

function placeFragments(
  { fragments }: ImportedPlaces,
  { samples, merged }: PublishedSamples,
  counts: ReadonlyMap<string, ExactCounts>,
  profile: Profile,
): Pick<ImportedStudy, 'fragments' | 'covered' | 'nLostPlaces'> {
  let nLostPlaces = 0;
  const placed: Omit<Fragment, 'family'>[] = [];
  for (const fragment of fragments.values()) {
    const found: { place: SamplePlace; lines: readonly string[] }[] = [];
    for (const { merged: name, firstLine, lastLine } of fragment.samplePlaces.values()) {
      const place = bringBack(merged.get(name) ?? [], firstLine, lastLine);
      if (place) found.push(place);
      else nLostPlaces++;
    }
    if (found.length > 0) placed.push(describe(fragment, found, counts.get(fragment.fingerprint), profile));
  }
  placed.sort(byRank);
  const families = joinFamilies(placed);
  const texts = new Map(samples.map(({ sampleId, text }) => [sampleId, text]));
  return {
    fragments: placed.map((fragment, i) => ({ ...fragment, family: families[i]! })),
    covered: coverSamples(placed, texts, profile),
    nLostPlaces,
  };
}

/** A place of the merged file as one of the sample that holds it; undefined when it leaves the sample. */
function bringBack(parts: readonly MergedSample[], firstLine: number, lastLine: number) {
  let low = 0;
  let high = parts.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (parts[middle]!.start <= firstLine) low = middle + 1;
    else high = middle;
  }
  const part = parts[low - 1];
  if (!part || lastLine >= part.start + part.nLines) return undefined;
  const from = firstLine - part.start;
  const to = lastLine - part.start;
  return {
    place: {
      sampleId: part.sampleId,
      firstLine: part.rawLine[from]!,
      lastLine: part.rawLine[to]!,
      byteOffset: 0,
      nBytes: 0,
    },
    lines: part.lines.slice(from, to + 1),
  };
}

function describe(
  { fingerprint, nLines, trainPlaces }: ImportedFragment,
  found: readonly { readonly place: SamplePlace; readonly lines: readonly string[] }[],
  exact: ExactCounts | undefined,
  profile: Profile,
): Omit<Fragment, 'family'> {
  const trains = [...trainPlaces.values()];
  const distinct = (keys: readonly unknown[]) => new Set(keys).size;
  const repositories = trains.map(({ repository }) => repository).filter(Boolean);
  return {
    fingerprint,
    nLines,
    text: normaliseLines(found[0]!.lines, profile),
    train: exact?.train ?? trains.length,
    nDocuments: exact?.documents ?? distinct(trains.map(({ shard, row }) => `${shard}:${row}`)),
    nRepositories: exact?.repositories ?? distinct(repositories),
    extract: exact?.extract ?? found.length,
    nSamples: exact?.samples ?? distinct(found.map(({ place }) => place.sampleId)),
    clipped: exact?.clipped ?? false,
    trainPlaces: trains.slice(0, PLACE_CAP).map(({ shard, row, firstLine, lastLine }) => ({
      shard,
      row,
      firstLine,
      lastLine,
      byteOffset: 0,
      nBytes: 0,
    })),
    samplePlaces: found.slice(0, PLACE_CAP).map(({ place }) => place),
  };
}

/** Fragments without a place: their own families. */
function describeCounts(all: readonly ImportedCounts[], profile: Profile): readonly Fragment[] {
  const nothing = {
    nDocuments: 0,
    nRepositories: 0,
    nSamples: 0,
    clipped: false,
    trainPlaces: [],
    samplePlaces: [],
  };
  return all
    .map(({ lines, ...counts }) => ({ ...nothing, ...counts, text: normaliseLines(lines, profile) }))
    .sort(byRank)
    .map((fragment, family) => ({ ...fragment, family }));
}

function normaliseLines(lines: readonly string[], profile: Profile): Uint8Array {
  const kept = lines.flatMap((line) => {
    const bytes = Buffer.from(line, 'latin1');
    const out = Buffer.alloc(2 * bytes.length);
    const end = normaliseLine(profile, bytes, 0, bytes.length, out, 0);
    return end === 0 ? [] : [out.subarray(0, end)];
  });
  return Buffer.concat(kept.flatMap((line, i) => (i === 0 ? [line] : [LF, line])));
}

const LF = Buffer.from('\n');

/** The study file's order: train, extract, lines, fingerprint. */
const byRank = (a: Omit<Fragment, 'family'>, b: Omit<Fragment, 'family'>) =>
  b.train - a.train ||
  b.extract - a.extract ||
  b.nLines - a.nLines ||
  (a.fingerprint < b.fingerprint ? -1 : 1);

/** Fragments whose places share lines of a sample are one family, numbered by rank. */
function joinFamilies(fragments: readonly Omit<Fragment, 'family'>[]): readonly number[] {
  const parent = fragments.map((_, i) => i);
  const top = (i: number): number => {
    let at = i;
    while (parent[at] !== at) at = parent[at] = parent[parent[at]!]!;
    return at;
  };
  const places = fragments
    .flatMap(({ samplePlaces }, i) => samplePlaces.map((place) => ({ ...place, i })))
    .sort((a, b) => a.sampleId - b.sampleId || a.firstLine - b.firstLine);
  let open: { sampleId: number; lastLine: number; i: number } | undefined;
  for (const { sampleId, firstLine, lastLine, i } of places) {
    if (open && open.sampleId === sampleId && firstLine <= open.lastLine) {
      const [a, b] = [top(open.i), top(i)];
      parent[Math.max(a, b)] = Math.min(a, b);
      open.lastLine = Math.max(open.lastLine, lastLine);
    } else open = { sampleId, lastLine, i };
  }
  const numbers = new Map<number, number>();
  return fragments.map((_, i) => {
    const root = top(i);
    if (!numbers.has(root)) numbers.set(root, numbers.size);
    return numbers.get(root)!;
  });
}

/** The union of the places in each sample; ranges that touch are one. */
function coverSamples(
  fragments: readonly Omit<Fragment, 'family'>[],
  texts: ReadonlyMap<number, string>,
  profile: Profile,
): readonly CoveredRange[] {
  const places = fragments
    .flatMap(({ samplePlaces }) => samplePlaces)
    .sort((a, b) => a.sampleId - b.sampleId || a.firstLine - b.firstLine);
  const ranges: { sampleId: number; firstLine: number; lastLine: number }[] = [];
  for (const { sampleId, firstLine, lastLine } of places) {
    const last = ranges.at(-1);
    if (last?.sampleId === sampleId && firstLine <= last.lastLine + 1)
      last.lastLine = Math.max(last.lastLine, lastLine);
    else ranges.push({ sampleId, firstLine, lastLine });
  }
  return ranges.map((range) => ({ ...range, ...measureRange(texts.get(range.sampleId)!, range, profile) }));
}

function measureRange(
  text: string,
  { firstLine, lastLine }: { readonly firstLine: number; readonly lastLine: number },
  profile: Profile,
): Pick<CoveredRange, 'byteOffset' | 'nBytes' | 'nLines'> {
  const starts = [0, ...Array.from(text.matchAll(/\r\n|\r|\n/g), ({ index, 0: end }) => index + end.length)];
  const byteOffset = starts[firstLine - 1]!;
  const end = starts[lastLine] ?? text.length;
  const part = text.slice(byteOffset, end).replace(/(?:\r\n|\r|\n)$/, '');
  const nLines = part.split(/\r\n|\r|\n/).filter((line) => normaliseLines([line], profile).length > 0).length;
  return { byteOffset, nBytes: part.length, nLines };
}

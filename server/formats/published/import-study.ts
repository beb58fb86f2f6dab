// A run in the published layout as a study file: its outputs, and what its logs found. The fingerprints stay
// the detector's own, so they are names here and no longer the MD5 of the text.

import { existsSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { PLAN_VERSION, type StudyPlan } from '../../../protocol/study.ts';
import type { CoveredRange, Fragment } from '../../engine/detection.ts';
import { UserError } from '../../errors.ts';
import { defaultRule, defaultSampling } from '../../plan/plan.ts';
import { completePlan } from '../../plan/stored-plan.ts';
import { type ImportedDocument, type ImportedPlaces, importCounts, importPlaces } from './import-places.ts';
import { importSamples, type PublishedSamples } from './import-samples.ts';
import { findRuns, type RunFolders } from './layout.ts';
import { describeCounts, type ExactCounts, placeFragments } from './place-fragments.ts';
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

/** `run` names one of several runs below the folder, such as `codeparrot-temp1.0-len512-k40`. */
export function importStudy(root: string, run: string | undefined): ImportedStudy {
  const folders = chooseRun(resolve(root), run);
  const samples = importSamples(folders.results);
  const places = folders.logs ? importPlaces(folders.logs) : NOTHING;
  const own = folders.logs ? readOwn(folders.logs) : undefined;
  const plan = own === undefined ? publishedPlan(folders, samples) : completePlan(own.plan);
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
    documents: places.documents,
    ...found,
  };
}

const NOTHING: ImportedPlaces = { fragments: new Map(), documents: [], shards: [] };

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
    version: PLAN_VERSION,
    source: { kind: 'samples', samples: results, model: null },
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
  readonly plan: unknown;
  readonly environment: Readonly<Record<string, unknown>>;
  readonly shards: readonly { readonly name: string; readonly path: string }[];
}

function readOwn(logs: string): OwnExport | undefined {
  const path = join(logs, 'verbatim-study.json');
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as OwnExport) : undefined;
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

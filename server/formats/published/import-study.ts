// A run in the published layout as a study file: its outputs, and what its logs found. The fingerprints stay
// the detector's own, so they are names here and no longer the MD5 of the text.

import { join, resolve } from 'node:path';
import { PLAN_VERSION, type Strategy, type StudyPlan } from '../../../protocol/study.ts';
import { UserError } from '../../errors.ts';
import { flag, has, isObject, listOf, parseJson, type Shape, text, whole } from '../../json-shape.ts';
import { defaultRule, defaultSampling } from '../../plan/plan.ts';
import { completePlan } from '../../plan/stored-plan.ts';
import { collectGarbage } from '../../spare-memory.ts';
import { isEnvironment } from '../../store/stored-json.ts';
import { ForeignFolder } from '../foreign-folder.ts';
import { type GatheredPlaces, gatherPlaces } from './gather-places.ts';
import { importCounts } from './import-counts.ts';
import { ImportedPlaces } from './import-places.ts';
import { importSamples, type PublishedSamples } from './import-samples.ts';
import type { ImportedDocument } from './imported-documents.ts';
import { findRuns, logFolders, OWN_EXPORT, type RunFolders, type RunName } from './layout.ts';
import {
  describeCounts,
  type ExactCounts,
  type PlacedFragments,
  placeFragments,
  rankFragments,
} from './place-fragments.ts';
import type { SharedTexts } from './shared-texts.ts';

export interface ImportedStudy extends PlacedFragments {
  readonly plan: StudyPlan;
  readonly environment: Readonly<Record<string, unknown>>;
  readonly samples: PublishedSamples['samples'];
  readonly shards: readonly { readonly name: string; readonly path: string }[];
  readonly documents: Iterable<ImportedDocument>;
  /** Neither samples nor fragments are asked for any more, but their places. */
  readonly forgetTexts: () => void;
}

/** What another thread may do of an import. */
export interface Meanwhile {
  /**
   * Begins to read the logs of a run of a folder. What is returned waits for what they say; undefined where nobody could tell: they are
   * then read here, and fail here.
   */
  readonly gatherPlaces: (root: string, folders: RunFolders) => () => Promise<GatheredPlaces | undefined>;
  /** Is given the samples' texts long before the rest is read. */
  readonly onTexts: (texts: SharedTexts) => void;
}

/** `run` names one of several runs below the folder, such as `codeparrot-temp1.0-len512-k40`. */
export async function importStudy(
  root: string,
  run: string | undefined,
  meanwhile?: Meanwhile,
): Promise<ImportedStudy> {
  const folder = new ForeignFolder(resolve(root));
  const folders = chooseRun(folder, run);
  const gathered = meanwhile?.gatherPlaces(folder.root, folders);
  const samples = importSamples(folder, folders);
  meanwhile?.onTexts(samples.texts);
  // What samples are read from takes as much as what follows.
  collectGarbage();
  const logs = logFolders(folder, folders);
  const places = new ImportedPlaces((await gathered?.()) ?? gatherPlaces(folder, logs));
  const own = folders.logs ? readOwn(folder, folders.logs) : undefined;
  const plan = own === undefined ? publishedPlan(folders, samples) : completePlan(own.plan);
  const ranked = rankFragments(places, samples, readCounts(folder, folders));
  const placed = placeFragments(ranked, places, samples.samples, plan.rule.profile);
  const isWithoutLogs = folders.logs !== null && places.shards.length === 0;
  const counted = isWithoutLogs ? describeCounts(importCounts(folder, logs), plan.rule.profile) : undefined;
  const found = counted ? { ...placed, nFragments: counted.length, fragments: counted } : placed;
  const nShards = (places.shards.at(-1) ?? -1) + 1;
  if (own !== undefined && own.shards.length < nShards) {
    throw new UserError(
      `${folders.logs} has a log of shard ${nShards - 1}, and says of ${own.shards.length} shards what they are`,
      { action: 'Bring the export whole.' },
    );
  }
  return {
    plan,
    environment: {
      ...own?.environment,
      imported: { layout: 'published', from: resolve(root), detector: own ? 'verbatim' : 'simian' },
    },
    samples: samples.samples,
    shards: own?.shards ?? Array.from({ length: nShards }, (_, i) => ({ name: String(i), path: String(i) })),
    documents: places.documents,
    forgetTexts: samples.forgetTexts,
    ...found,
  };
}

function chooseRun(folder: ForeignFolder, run: string | undefined): RunFolders {
  const { root } = folder;
  const runs = findRuns(folder);
  const wanted = run === undefined ? runs : runs.filter(({ title }) => isCalled(title, run));
  if (wanted.length === 1) return wanted[0]!;
  if (wanted.length > 1) {
    const names = wanted.map(({ title }) => title);
    throw new UserError(`${root} holds several runs: ${names.join(', ')}`, {
      action: 'Choose one with --run.',
    });
  }
  throw new UserError(`${root} holds no run${run === undefined ? '' : ` ${run}`} in the published layout`, {
    action: 'It must hold extract/results/{model}-temp{T}-len{L}-k{K}/.',
  });
}

/** A run may be called by the end of its name, or by the path of its folder. */
function isCalled(title: string, run: string): boolean {
  const wanted = run.replace(/\/+$/, '');
  return title === wanted || title.endsWith(`/${wanted}`) || wanted.endsWith(`/${title}`);
}

/** The plan as far as the folder's name tells it. Simian's Text mode is our profile text-1. */
function publishedPlan({ name, results }: RunFolders, published: PublishedSamples): StudyPlan {
  const { samples, prompts } = published;
  const { temperature, maxTokens, topK } = name;
  // Checked like one that was written down: a study whose plan is none could not be opened again.
  return completePlan({
    version: PLAN_VERSION,
    source: { kind: 'samples', samples: results, model: null },
    corpus: [],
    sampling: {
      ...defaultSampling,
      strategy: name.strategy ?? strategyOf(name, published),
      nSamples: samples.length,
      temperature,
      maxTokens,
      topK,
      prompts,
    },
    rule: { ...defaultRule, profile: 'text-1' },
  });
}

/** Earlier versions of the scripts do not say it in the folder's name: temperatures above 1 are where theirs decays from. */
function strategyOf({ temperature }: RunName, { prompts, isFromFragments }: PublishedSamples): Strategy {
  if (prompts.length > 0) return isFromFragments ? 'tsg' : 'pcg';
  return temperature > 1 ? 'tdg' : 'npg';
}

interface OwnExport {
  readonly plan: unknown;
  readonly environment: Readonly<Record<string, unknown>>;
  readonly shards: readonly { readonly name: string; readonly path: string }[];
}

/** What the plan must be, its own parser knows. */
const ownExport: Shape<OwnExport> = {
  plan: isObject,
  environment: isEnvironment,
  shards: listOf(has({ name: text, path: text })),
};

function readOwn(folder: ForeignFolder, logs: string): OwnExport | undefined {
  const path = join(logs, OWN_EXPORT);
  return folder.has(path)
    ? folder.json(path, has(ownExport), 'what an export of Verbatim says of a study')
    : undefined;
}

/** Counts beyond the places that a log lists; only our own exports have them. */
function readCounts(folder: ForeignFolder, { logs }: RunFolders): ReadonlyMap<string, ExactCounts> {
  const path = join(logs ?? '', 'stats', 'verbatim-counts.jsonl');
  if (logs === null || !folder.has(path)) return new Map();
  return new Map(
    Array.from(folder.lines(path), (line) => {
      const counted = parseJson<NamedCounts>(line, has(namedCounts));
      if (counted !== undefined) return [counted.fingerprint, counted];
      throw new UserError(`${path} has a line that counts no fragment`, {
        action: 'Bring the export whole.',
      });
    }),
  );
}

type NamedCounts = ExactCounts & { readonly fingerprint: string };

const namedCounts: Shape<NamedCounts> = {
  fingerprint: text,
  train: whole,
  extract: whole,
  documents: whole,
  repositories: whole,
  samples: whole,
  clipped: flag,
};

// A study: its plan (what is asked), its execution (how it is run) and its state, as every program sees them.

import type { Foreign, FromOthers } from '../guard/text/foreign.ts';
import type { ColumnsRead, CorpusAccount } from './corpus-account.ts';

/** The absolute path of a study file: the one name under which any process finds the same study. */
export type StudyId = string;

export type Strategy = 'npg' | 'tdg' | 'pcg' | 'tsg';

/** What people are shown and may say for them. */
export const STRATEGY_NAMES = {
  npg: 'non-prompt',
  tdg: 'temperature-decaying',
  pcg: 'prompt-conditioned',
  tsg: 'two-step',
} as const satisfies Record<Strategy, string>;
export type Profile = 'exact-1' | 'text-1';
export type Provider = 'cpu' | 'cuda' | 'webgpu' | 'dml' | 'coreml';

/** A text to go on with, the ids of its tokens, or the two ends of a gap to fill. */
export type PromptText =
  | string
  | { readonly prefix: string; readonly suffix: string }
  | { readonly tokens: readonly number[] };

/** What to sample. Together with the model and the graph form this decides every sample, bit for bit. */
export interface SamplingPlan {
  readonly strategy: Strategy;
  readonly nSamples: number;
  readonly maxTokens: number;
  /** 0 means the whole vocabulary. */
  readonly topK: number;
  /** Share of the probability that the most likely tokens must hold to be picked from; null cuts nothing off. */
  readonly topP: number | null;
  /** 0 means greedy. */
  readonly temperature: number;
  readonly seed: number;
  /** Prompts for `pcg` and `tsg`, in order; samples are dealt over them round-robin. Empty for `npg` and `tdg`. */
  readonly prompts: readonly PromptText[];
  /** Whether products with weights are done in 8-bit integers: faster, and another distribution. */
  readonly int8: boolean;
}

/** Names of the columns in rows of training data; one that is left out is found by convention. */
export interface ColumnNames {
  readonly content?: string;
  readonly repository?: string;
  readonly path?: string;
  readonly license?: string;
}

/** When two texts count as equal (docs/method.md, section 1). */
export interface MatchRule {
  readonly minLines: number;
  readonly profile: Profile;
}

/** The origin of a study's samples. */
export type PlanSource = ModelSource | ServedSource | SamplesSource | MapSource;

/** They are drawn from a model. */
export interface ModelSource {
  readonly kind: 'model';
  /** A checkpoint folder or an `hf://` name. */
  readonly model: string;
}

/** They are drawn from a model that a server holds, by OpenAI's protocol of completions. */
export interface ServedSource {
  readonly kind: 'served';
  /** The server's address, such as `http://host:8000/v1`. */
  readonly model: string;
  /** What the server calls the model. */
  readonly servedName: string;
  /** What a sample without a prompt begins from: a text, or token ids as `[0]`. */
  readonly start: string;
}

/** Whether the study draws the samples itself. */
export const isDrawn = <Source extends { readonly kind: PlanSource['kind'] }>(
  source: Source,
): source is Extract<Source, { readonly kind: 'model' | 'served' }> =>
  source.kind === 'model' || source.kind === 'served';

/** What names a source's model: what a server calls it, or its place; null where none was named. */
export const namesModel = <Place>(source: { readonly model: Place; readonly servedName?: Place }): Place =>
  source.servedName ?? source.model;

/** They were made elsewhere. */
export interface SamplesSource {
  readonly kind: 'samples';
  /** A folder or file that holds them. */
  readonly samples: string;
  /** The model whose tokenizer reads samples that are given as token ids; null where none was named. */
  readonly model: string | null;
}

/** There are none: a model reads the training data itself, and `map` says how. */
export interface MapSource {
  readonly kind: 'map';
  /** A checkpoint folder or an `hf://` name. */
  readonly model: string;
}

/** An extraction map: which windows of training data a model would go on with, and how likely. In tokens. */
export interface MapPlan {
  readonly prefix: number;
  readonly suffix: number;
  readonly stride: number;
  /** The edge of a document that its windows are counted from. */
  readonly anchor: 'start' | 'end';
  /** Whether the model sees the prefix alone, or the text before as far as its context goes. */
  readonly context: 'exact' | 'running';
  /** Least probability of a window that is kept with its text. */
  readonly keep: number;
  /** Windows, drawn at random, whose greedy continuation is made and whose suffix is put behind unrelated prefixes. */
  readonly examine: number;
  /** Windows, drawn at random from those neither certain nor out of reach, that the sampler draws again and again. */
  readonly calibrate: number;
  readonly bos: boolean;
  /** Places of code that the model cannot have seen, to compare with; read as the training data is. */
  readonly control: readonly string[];
}

/** The version of the plan's shape. Plans of earlier ones are read, too. */
export const PLAN_VERSION = 2;

/**
 * What is asked: the same shape in a study file, in a plan file (`*.verbatim.json`) and in what *Copy Plan as JSON*
 * gives, but that a plan file may leave parts out and name places relative to itself.
 */
export interface StudyPlan {
  readonly version: typeof PLAN_VERSION;
  readonly source: PlanSource;
  /** Paths of shard files, text files and folders, and `hf://datasets/…` names. */
  readonly corpus: readonly string[];
  /** Places of code that the model cannot have seen: how much of it matches the corpus, too. A map's control is in `map`. */
  readonly control?: readonly string[];
  /** Named only if the corpus does not name its columns as others do. */
  readonly columns?: ColumnNames;
  /** False where ignore files hide nothing, and folders of tools are searched, too. Left out otherwise. */
  readonly ignore?: false;
  /** Place of the texts, where the corpus holds only the names of blobs: `s3://bucket/folder/`. */
  readonly contents?: string;
  /** How samples are drawn; of samples made elsewhere, as far as that is known. */
  readonly sampling: SamplingPlan;
  readonly rule: MatchRule;
  /** There where the source's kind is `map`, whose rule of drawing are temperature and top-k of `sampling`. */
  readonly map?: MapPlan;
}

/** How to run it. Nothing here may change a result. */
export interface Execution {
  readonly provider: Provider | 'auto';
  readonly batch: number | 'auto';
  readonly workers: number | 'auto';
  /** Whether what is missing may be fetched from the Hub. Left out: never, as in a folder nobody trusts. */
  readonly fetch?: 'missing' | 'never';
  /** Whether fetched shards stay on the disk after their scan, or are read where they are. Left out: always. */
  readonly keepShards?: 'always' | 'never' | 'stream';
  /** Other machines that the user named for this run, as `remotePlaces` writes them: no other is asked anything. */
  readonly named?: readonly string[];
  /** A file with the key of a served model; left out, the key is in VERBATIM_API_KEY, if anywhere. */
  readonly apiKeyFile?: string;
  /** Left out: on this machine. */
  readonly cluster?: Cluster;
}

/** Machines that do the work of a study, as tasks. */
export interface Cluster {
  /** `slurm`: jobs are handed over to Slurm and followed. `array`: whoever runs the tasks does so by other means. */
  readonly executor: 'slurm' | 'array';
  /** Options for sbatch, as they would be typed. */
  readonly sbatch: string;
  /** More of them, for jobs that run a model. */
  readonly sbatchModel: string;
  /** Most jobs that run at the same time. */
  readonly maxRunning: number;
  readonly tasksAJob: number | 'auto';
  /** Image of apptainer in which `verbatim` is on the path. */
  readonly container?: string;
  /** Left out: the study waits for its jobs. `show`: what would be handed over is told, and nothing done. */
  readonly waiting?: 'none' | 'show';
  /** The command that a last job runs when the others have ended, where nobody waits, and its folder. */
  readonly lastJob?: { readonly words: readonly string[]; readonly folder: string };
}

export type StudyState = 'running' | 'complete' | 'partial' | 'cancelled' | 'failed';
export type Stage = 'prepare' | 'sample' | 'scan' | 'map' | 'examine' | 'calibrate' | 'analyse';

/** Progress of one stage. A consumer derives rate and ETA from `done`, `resumedFrom` and `elapsedMs`. */
export interface Progress {
  readonly stage: Stage;
  readonly done: number;
  readonly total: number;
  readonly unit: 'samples' | 'bytes' | 'steps' | 'windows';
  /** What was done already when this run began: a rate must not count it. */
  readonly resumedFrom: number;
  /** Since this stage began, in this run. */
  readonly elapsedMs: number;
  /** A detail in words, such as the shard's name. */
  readonly message?: Foreign;
}

export interface StudySummary {
  readonly id: StudyId;
  readonly name: Foreign;
  readonly state: StudyState;
  readonly plan: FromOthers<StudyPlan>;
  readonly createdAt: string;
  readonly elapsedMs: number;
  readonly nSamples: number;
  readonly nTokens: number;
  readonly nShards: number;
  readonly nShardsScanned: number;
  readonly nDocuments: number;
  readonly corpusBytes: number;
  /** Null until the fragments have been found: "not scanned" is never shown as "nothing found". */
  readonly nFragments: number | null;
  readonly nMemorisedSamples: number | null;
  /** What a map holds by now, if it is one: windows of training data, and regions that are likely enough to be kept. */
  readonly map?: { readonly nWindows: number; readonly nRegions: number };
  readonly nProblems: number;
  /** What became of every file of the corpus; null where an earlier version or another program searched it. */
  readonly account: CorpusAccount | null;
  /** The columns that were read of rows. */
  readonly columnsRead: readonly ColumnsRead[];
  readonly failure: Foreign | null;
}

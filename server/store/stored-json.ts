// The values that a study keeps as JSON, checked as they are read: a study file may come from anywhere, and what they
// name is fetched and shown. The plan has a parser of its own, in `server/plan/`.

import { isSafeRelativePath } from '../../guard/paths/file-name.ts';
import type { ColumnNames } from '../../protocol/study.ts';
import type { HubFile, RemoteSource } from '../corpus/shard.ts';
import {
  type Check,
  has,
  mapOf,
  oneOf,
  optional,
  parseJson,
  type Shape,
  text,
  texts,
} from '../json-shape.ts';

const commit: Check = (value) => text(value) && /^[0-9a-f]{40}$/.test(value as string);

const hubFile: Shape<HubFile> = {
  repository: text,
  kind: oneOf('model', 'dataset'),
  commit,
  path: (value) => text(value) && isSafeRelativePath(value as string, 'this'),
  hash: (value) => text(value) && /^([0-9a-f]{40}|[0-9a-f]{64}|)$/.test(value as string),
};

/** Undefined where it is no JSON object, or pins no commits where it says that it does. */
export const readEnvironment = (json: string): Readonly<Record<string, unknown>> | undefined =>
  parseJson(json, isEnvironment);

export const isEnvironment: Check = has<Environment>({ hubCommits: optional(mapOf(commit)) });

interface Environment {
  /** Commits by `hf://` name. */
  readonly hubCommits?: Readonly<Record<string, string>>;
}

export const readHubFile = (json: string): HubFile | undefined => parseJson(json, has(hubFile));

const remoteSource: Shape<RemoteSource> = {
  tag: (value) => text(value) && (value as string).length <= 1000 && !/[\r\n\0]/.test(value as string),
  // A run's own, which no study keeps.
  hubAddress: (value) => value === undefined,
};

export const readRemoteSource = (json: string): RemoteSource | undefined =>
  parseJson(json, has(remoteSource));

/** A list of sentences. */
export const readTexts = (json: string): readonly string[] | undefined => parseJson(json, texts);

const columnNames: Shape<ColumnNames> = {
  content: optional(text),
  repository: optional(text),
  path: optional(text),
  license: optional(text),
};

export const readColumnNames = (json: string): ColumnNames | undefined => parseJson(json, has(columnNames));

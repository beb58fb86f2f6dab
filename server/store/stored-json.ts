// The values that a study keeps as JSON, checked as they are read: a study file may come from anywhere, and what they
// name is fetched and shown. The plan has a parser of its own, in `server/plan/`.

import type { HubFile } from '../corpus/shard.ts';

type Check = (value: unknown) => boolean;
/** A check for each property; TypeScript sees to it that none is forgotten. */
type Shape<T> = { readonly [Name in keyof Required<T>]: Check };

const text: Check = (value) => typeof value === 'string';
const texts: Check = (value) => Array.isArray(value) && value.every(text);
const oneOf =
  (...allowed: readonly unknown[]): Check =>
  (value) =>
    allowed.includes(value);
const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
const has =
  <T>(shape: Shape<T>): Check =>
  (value) =>
    isObject(value) && entriesOf(shape).every(([name, check]) => check(own(value, name)));

const commit: Check = (value) => text(value) && /^[0-9a-f]{40}$/.test(value as string);

const hubFile: Shape<HubFile> = {
  repository: text,
  kind: oneOf('model', 'dataset'),
  commit,
  path: text,
  hash: text,
};

/** Undefined where it is no JSON object, or pins no commits where it says that it does. */
export const readEnvironment = (json: string): Readonly<Record<string, unknown>> | undefined =>
  read(json, (value) => isObject(value) && optional(commits)(own(value, 'hubCommits')));

const commits: Check = (value) => isObject(value) && Object.values(value).every(commit);

export const readHubFile = (json: string): HubFile | undefined => read(json, has(hubFile));

/** A list of sentences. */
export const readTexts = (json: string): readonly string[] | undefined => read(json, texts);

function read<T>(json: string, check: Check): T | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return check(value) ? (value as T) : undefined;
  } catch {
    return undefined;
  }
}

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What the JSON says, not what every object inherits. */
const own = (value: object, name: string): unknown =>
  Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;

const entriesOf = <T>(shape: Shape<T>) => Object.entries(shape) as [string, Check][];

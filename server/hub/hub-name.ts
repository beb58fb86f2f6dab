// How a repository of the Hugging Face Hub is named: `hf://datasets/owner/name@revision/files`, or shorter
// where it cannot be mistaken for a path. Pure, but for one look whether a path exists.

import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { UserError } from '../errors.ts';

export interface HubName {
  readonly kind: 'model' | 'dataset';
  /** `owner/name`, or `name` for the oldest ones. */
  readonly repository: string;
  /** A branch, tag or commit. */
  readonly revision: string;
  /** A configuration that the data set's card names, or a folder; empty for all. */
  readonly subset: string;
  /** Files by pattern: `*`, `**`, `?` and `{a,b}`; a folder means all in it. Empty for all. */
  readonly files: string;
}

const SCHEME = 'hf://';
/** Letters, digits, `-`, `_`, `.`; no `..`, no `--` (the cache's separator), as the Hub has it. */
const OWNER_AND_NAME = /^(?!.*(?:\.\.|--))[A-Za-z0-9][\w.-]*(?:\/[A-Za-z0-9][\w.-]*)?$/;

/** `owner/name`, or `name` for the oldest ones. */
export const isRepositoryName = (text: string): boolean => OWNER_AND_NAME.test(text);

export const isHubName = (location: string): boolean => location.startsWith(SCHEME);

/**
 * What a user typed: an absolute path if it exists or looks like one, else the full name of a repository,
 * `owner/name[@revision][#subset][/files]`.
 */
export function locate(kind: HubName['kind'], text: string): string {
  if (isHubName(text)) return formatHubName(parseHubName(text, kind));
  if (/^https?:\/\//i.test(text)) return locate(kind, nameOfPage(text));
  if (/^(?:www\.)?(?:huggingface\.co|hf\.co)\//i.test(text) && !existsSync(text))
    return locate(kind, nameOfPage(`https://${text}`));
  const mayBeName = /^[\w.-]+\/[\w.-]+(?:[@#/].*)?$/.test(text) && !/^\.{1,2}\//.test(text);
  if (!mayBeName || existsSync(text)) return resolve(text);
  return formatHubName(parseHubName(`${SCHEME}${kind === 'dataset' ? 'datasets/' : ''}${text}`, kind));
}

/** What a page of the Hub shows: a repository, at a revision, and a file or a folder of it. */
function nameOfPage(address: string): string {
  const match =
    /^https?:\/\/(?:www\.)?(?:huggingface\.co|hf\.co)\/(datasets\/)?([\w.-]+\/[\w.-]+)(?:\/(?:tree|blob|resolve|raw|commit)\/([^/?#]+)(?:\/([^?#]*))?|\/viewer(?:\/([^/?#]+)[^?#]*)?)?\/?(?:[?#].*)?$/i.exec(
      address,
    );
  if (match === null) {
    throw new UserError(
      `${address} is an address, and models and data sets are read from paths and from the Hub`,
      {
        action: 'Download what it leads to, and name the path; or name a repository, such as owner/name.',
      },
    );
  }
  const [, type = '', repository = '', revision = 'main', files = '', shown = 'default'] = match;
  const subset = shown === 'default' ? '' : `#${shown}`;
  const at = revision === 'main' ? '' : `@${revision}`;
  return `${SCHEME}${type}${repository}${at}${subset}${files && `/${decodePath(files)}`}`;
}

/** A path that no percent-encoding gives is left as it is: there is no such file. */
function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** Revisions that the Hub itself makes, with slashes in them: requests for changes and converted copies. */
const OWN_REVISIONS = 'refs\\/pr\\/\\d+|refs\\/convert\\/[^/@#]+|refs\\/heads\\/[^/@#]+';
const NAME = new RegExp(
  `^(datasets\\/|models\\/)?([^/@#]+\\/[^/@#]+)(?:@(${OWN_REVISIONS}|[^#/]+(?:%2F[^#/]+)*))?(?:#([^/]+))?(?:\\/(.*))?$`,
  'i',
);

/** Throws a `UserError` that says how names look. */
export function parseHubName(text: string, kind: HubName['kind']): HubName {
  const body = text.slice(SCHEME.length);
  const match = NAME.exec(body);
  const [, prefix, repository = '', revision = 'main', subset = '', files = ''] = match ?? [];
  const named = prefix === 'datasets/' ? 'dataset' : prefix === 'models/' ? 'model' : kind;
  const isSafe = !files.split('/').includes('..') && !/[\\\0]/.test(files + subset + revision);
  const decoded = decodeRevision(revision);
  if (!match || !OWNER_AND_NAME.test(repository) || !isSafe || decoded === undefined) {
    throw new UserError(`${text} is no name of a Hub repository`, {
      action:
        'Names look like owner/name, owner/name@revision or hf://datasets/owner/name@revision/data/*.parquet.',
    });
  }
  return { kind: named, repository, revision: decoded, subset, files };
}

/** Undefined for what no percent-encoding gives, and for what could not be encoded again. */
function decodeRevision(text: string): string | undefined {
  try {
    const revision = decodeURIComponent(text);
    return revision.isWellFormed() ? revision : undefined;
  } catch {
    return undefined;
  }
}

export function formatHubName({ kind, repository, revision, subset, files }: HubName): string {
  const type = kind === 'dataset' ? 'datasets/' : '';
  const at = revision === 'main' ? '' : `@${encodeURIComponent(revision)}`;
  return `${SCHEME}${type}${repository}${at}${subset && `#${subset}`}${files && `/${files}`}`;
}

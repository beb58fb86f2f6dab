// Options that say where models and training data are and how to read them.

import { existsSync, globSync } from 'node:fs';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { ColumnNames, Execution } from '../../protocol/study.ts';
import { isHubName, locate } from '../hub/hub-name.ts';
import { isServedAddress, servedAddress } from '../net/served-address.ts';
import { isRemoteLocation, remoteLocation } from '../remote/remote-location.ts';
import { addSettingOptions } from './setting-options.ts';
import { tell } from './tell.ts';

export interface CorpusOptions {
  readonly contentColumn?: string;
  readonly repositoryColumn?: string;
  readonly pathColumn?: string;
  readonly licenseColumn?: string;
  /** False with `--no-ignore`. */
  readonly ignore?: boolean;
  readonly contents?: string;
  readonly keepShards?: 'always' | 'never' | 'stream';
  /** False with `--no-fetch`. */
  readonly fetch?: boolean;
}

export const modelHelp = 'checkpoint folder, or a model of the Hugging Face Hub: owner/name[@revision]';

/** Help where a model is only drawn from. */
export const drawnModelHelp = `${modelHelp}; or a server of OpenAI's completions protocol: http://HOST:PORT/v1`;

export const corpusHelp =
  'training data: shard files (.jsonl, .json.gz, .jsonl.zst, .parquet, .arrow, .tar, .zip), text files, folders of them or of ' +
  'source files, data sets of the Hub: owner/name[@revision][#subset][/files], or shard files on other machines: s3://bucket/prefix, https://host/file';

export const samplesHelp = 'JSON lines, a folder of numbered files, a merged "all" file, or another study';

/** Commands that read texts from another place than their rows. */
export const addContentsOption = (command: Command): Command =>
  command.option(
    '--contents <place>',
    'where the texts are, for rows that hold only the names of blobs (The Stack v2): s3://softwareheritage/content/',
  );

/** How training data is listed and read. */
export function addReadingOptions(command: Command): Command {
  return addSettingOptions(command.optionsGroup('Training data:'), 'corpus')
    .option(
      '--content-column <name>',
      'column that holds the text (found by convention); for discover also a+b, one behind the other, of JSON and Parquet',
      columnName,
    )
    .option('--repository-column <name>', 'column that names the repository', columnName)
    .option('--path-column <name>', 'column that names the file', columnName)
    .option('--license-column <name>', 'column that names the licence', columnName);
}

export function addFetchOptions(command: Command): Command {
  return command
    .option('--no-fetch', 'use only what is on this machine')
    .addOption(
      new Option(
        '--keep-shards <when>',
        'whether shards of the Hub stay in the cache after their scan, or are read by range and never stored',
      )
        .choices(['always', 'never', 'stream'])
        .default('always'),
    );
}

/** Turns the user's words into places: paths become absolute, names of the Hub complete. */
export const modelLocation = (text: string): string => place('model', text);

/** A server's address is a model's place where it is only drawn from. */
export const drawnModelLocation = (text: string): string =>
  isServedAddress(text) ? servedAddress(text) : modelLocation(text);
const corpusLocation = (text: string): string =>
  isRemoteLocation(text) ? remoteLocation(text) : place('dataset', text);

/** Places of training data. A pattern in quotes, which no shell has expanded, stands for the files here that it matches. */
export function corpusLocations(texts: readonly string[]): readonly string[] {
  return texts.flatMap((text) => {
    const found =
      /[*?{[]/.test(text) && !isHubName(text) && !isRemoteLocation(text) && !existsSync(text)
        ? globSync(text)
        : [];
    return found.length > 0 ? found.sort().map(corpusLocation) : [corpusLocation(text)];
  });
}

/** A path that is mistyped may look like a name, and would then only be said to be missing from the Hub. */
function place(kind: 'model' | 'dataset', text: string): string {
  const location = locate(kind, text);
  if (isHubName(location) && !isHubName(text)) {
    tell(`note: nothing is at ${text} here, so it is looked for on the Hugging Face Hub`);
  }
  return location;
}

/** An empty object when the training data holds its texts itself. */
export const contentsOf = ({ contents }: CorpusOptions): { readonly contents?: string } =>
  contents === undefined ? {} : { contents };

/** An empty object when everything goes by convention, so that plans stay comparable. */
export function columnsOf(options: CorpusOptions): { readonly columns?: ColumnNames } {
  const { contentColumn, repositoryColumn, pathColumn, licenseColumn } = options;
  const columns: ColumnNames = {
    ...(contentColumn !== undefined && { content: contentColumn }),
    ...(repositoryColumn !== undefined && { repository: repositoryColumn }),
    ...(pathColumn !== undefined && { path: pathColumn }),
    ...(licenseColumn !== undefined && { license: licenseColumn }),
  };
  return Object.keys(columns).length > 0 ? { columns } : {};
}

export const fetchOf = ({ fetch, keepShards }: CorpusOptions): Pick<Execution, 'fetch' | 'keepShards'> => ({
  fetch: fetch === false ? 'never' : 'missing',
  keepShards: keepShards ?? 'always',
});

function columnName(text: string): string {
  if (text === '' || Buffer.byteLength(text) > 1000) {
    throw new InvalidArgumentError('It must be the name of a column.');
  }
  return text;
}

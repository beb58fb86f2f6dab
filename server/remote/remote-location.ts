// Places of training data on other machines, as people write them: `s3://bucket/prefix`, `https://host/path`. Pure.

import { UserError } from '../errors.ts';

/** Pages of the Hub mean what they show, and are read as its names. */
const HUB_PAGE = /^https?:\/\/(?:www\.)?(?:huggingface\.co|hf\.co)\//i;

export const isRemoteLocation = (text: string): boolean =>
  /^(s3|https?):\/\//i.test(text) && !HUB_PAGE.test(text);

export type RemoteLocation =
  | {
      readonly kind: 's3';
      readonly bucket: string;
      /** A key, the beginning of keys, or a pattern of them. */
      readonly key: string;
    }
  | { readonly kind: 'https'; readonly url: URL }
  /** A file of the Hub, which sends on to its stores. */
  | { readonly kind: 'hub'; readonly url: URL };

const BUCKET = /^[a-z0-9][a-z0-9._-]{1,253}[a-z0-9]$/i;
const MOST_CHARACTERS = 4096;

/** Throws a `UserError` that names what cannot be meant. */
export function parseRemoteLocation(text: string): Exclude<RemoteLocation, { readonly kind: 'hub' }> {
  const refuse = (why: string) =>
    new UserError(`${hidden(text)} ${why}`, {
      action:
        'Places look like s3://bucket/folder/, s3://bucket/data/*.jsonl.gz or https://host/data.parquet.',
    });
  if (text.length > MOST_CHARACTERS || /\p{Cc}/u.test(text)) throw refuse('is no place of training data');
  const s3 = /^s3:\/\/([^/]*)\/?(.*)$/i.exec(text);
  if (s3 !== null) {
    const [, bucket = '', key = ''] = s3;
    if (!BUCKET.test(bucket) || bucket.includes('..')) throw refuse('names no bucket');
    if (!isAddressable(key)) throw refuse('has a part that is called . or .., which no address can hold');
    return { kind: 's3', bucket, key };
  }
  if (!URL.canParse(text)) throw refuse('is no address');
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') throw refuse('holds a name or a password');
  if (url.hash !== '') throw refuse('has something behind #');
  return { kind: 'https', url };
}

/** The place as plans hold it. Throws as `parseRemoteLocation` does. */
export function remoteLocation(text: string): string {
  const location = parseRemoteLocation(text);
  return location.kind === 's3' ? `s3://${location.bucket}/${location.key}` : location.url.href;
}

/** Whether an address can name the key: parts that mean folders are taken out of every address. */
export const isAddressable = (key: string): boolean => !/(^|\/)\.{1,2}(\/|$)/.test(key);

/** Without what may be a password. */
const hidden = (text: string) => text.replace(/\/\/[^/@]*@/, '//…@').slice(0, 200);

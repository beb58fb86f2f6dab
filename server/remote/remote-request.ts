// Asks another machine for bytes of training data: S3 with a signature or without, other hosts as they are. What may pass is tried again;
// nothing is sent to a host that was not named.

import { Cancelled, EnvironmentError, UserError } from '../errors.ts';
import { ask, type HttpAnswer, readBody } from '../net/http-request.ts';
import {
  type Attempt,
  inmostReason,
  isTransient,
  type Patience,
  retryAfterMs,
  withRetries,
} from '../net/with-retries.ts';
import type { RemoteLocation } from './remote-location.ts';
import type { S3Settings } from './s3-settings.ts';
import { encodeStrictly, signRequest } from './sign-request.ts';

export interface RemoteAccess {
  readonly patience: Patience;
  readonly s3: S3Settings;
  /** Who asks the Hub. */
  readonly hubToken?: string | null;
}

export interface RemoteQuestion {
  readonly location: RemoteLocation;
  readonly method: 'GET' | 'HEAD';
  /** Names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  /** What a bucket is asked for beside a key. */
  readonly query?: Readonly<Record<string, string>>;
}

/** In which region a bucket lies, where it is another than the settings say. */
const regions = new Map<string, string>();
const MOST_REFUSAL_BYTES = 64 << 10;

/**
 * Gives what `read` makes of an answer of 200, 206 or a status of `also`; a failure in it that is no error of ours is tried again. Rejects with
 * `Cancelled`, `UserError` for what is refused, and `EnvironmentError` where there is no answer.
 */
export function askRemote<Result>(
  access: RemoteAccess,
  question: RemoteQuestion,
  also: readonly number[],
  read: (answer: HttpAnswer) => Promise<Result>,
): Promise<Result> {
  const { signal } = access.patience;
  const name = shown(question.location);
  return withRetries(access.patience, async (): Promise<Attempt<Result>> => {
    try {
      const answer = await askOnce(access, question, signal);
      if (answer.status === 200 || answer.status === 206 || also.includes(answer.status))
        return { kind: 'done', result: await read(answer) };
      const words = await wordsOf(answer);
      if (learnsRegion(question.location, answer)) throw new Error('the bucket lies in another region');
      if (!isTransient(answer.status)) throw refused(name, question.location, answer.status, words);
      return {
        kind: 'failed',
        failure: `${name}: ${answer.status}`,
        waitMs: retryAfterMs(answer.headers['retry-after']),
        orElse: () => noAnswer(name, `${answer.status}${words}`),
      };
    } catch (error) {
      if (signal.aborted) throw new Cancelled();
      if (error instanceof UserError || error instanceof EnvironmentError) throw error;
      const failure = inmostReason(error);
      return { kind: 'failed', failure: `${name}: ${failure}`, orElse: () => noAnswer(name, failure) };
    }
  });
}

/** All of a small file; undefined where it is not there. Rejects as `askRemote` does. */
export const fetchWhole = (
  access: RemoteAccess,
  location: RemoteLocation,
  maxBytes: number,
): Promise<Buffer | undefined> =>
  askRemote(access, { location, method: 'GET' }, [404], async (answer) => {
    const bytes = await readBody(answer, maxBytes);
    return answer.status === 404 ? undefined : bytes;
  });

/** Gives the place in the words of people. */
export const shown = (location: RemoteLocation): string =>
  location.kind === 's3' ? `s3://${location.bucket}/${location.key}` : location.url.href;

function askOnce(
  { s3, hubToken }: RemoteAccess,
  { location, method, headers = {}, query = {} }: RemoteQuestion,
  signal: AbortSignal,
): Promise<HttpAnswer> {
  if (location.kind === 'https') return ask({ url: location.url, method, headers, signal });
  if (location.kind === 'hub') {
    const named = hubToken ? { ...headers, authorization: `Bearer ${hubToken}` } : headers;
    return ask({ url: location.url, method, headers: named, signal, redirects: 'anywhere' });
  }
  const region = regions.get(location.bucket) ?? s3.region;
  const url = s3Url(s3, location, query, region);
  const { credentials } = s3;
  const signed = credentials
    ? signRequest({ method, url, headers }, credentials, region, new Date())
    : headers;
  return ask({ url, method, headers: signed, signal, redirects: 'given' });
}

/** Amazon wants the bucket before the host, where that makes a name; other stores take it in the path. */
function s3Url(
  { endpoint }: S3Settings,
  { bucket, key }: Extract<RemoteLocation, { readonly kind: 's3' }>,
  query: Readonly<Record<string, string>>,
  region: string,
): URL {
  const path = key.split('/').map(encodeStrictly).join('/');
  const base =
    endpoint !== null
      ? `${endpoint}/${bucket}`
      : bucket.includes('.')
        ? `https://s3.${region}.amazonaws.com/${bucket}`
        : `https://${bucket}.s3.${region}.amazonaws.com`;
  // A bucket itself is called without a slash at its end, as Amazon's own tools do.
  const url = new URL(path === '' ? base : `${base}/${path}`);
  url.search = Object.entries(query)
    .map(([name, value]) => `${encodeStrictly(name)}=${encodeStrictly(value)}`)
    .join('&');
  return url;
}

/** Whether the answer names a region that was not known. */
function learnsRegion(location: RemoteLocation, { headers }: HttpAnswer): boolean {
  const region = headers['x-amz-bucket-region'];
  if (location.kind !== 's3' || typeof region !== 'string' || !/^[a-z0-9-]{1,40}$/.test(region)) return false;
  if (regions.get(location.bucket) === region) return false;
  regions.set(location.bucket, region);
  return true;
}

/** The code and the message of S3's refusals, on one line behind a colon. */
async function wordsOf(answer: HttpAnswer): Promise<string> {
  const text = await readBody(answer, MOST_REFUSAL_BYTES).then(
    (bytes) => bytes.toString('utf8'),
    () => '',
  );
  const part = (name: string) => new RegExp(`<${name}>([^<]{1,200})</${name}>`).exec(text)?.[1];
  const words = [part('Code'), part('Message')].filter((one) => one !== undefined).join(', ');
  return words === '' ? '' : `: ${words.replace(/[\p{C}\s]+/gu, ' ')}`;
}

function refused(name: string, { kind }: RemoteLocation, status: number, words: string): UserError {
  const isOfWho = status === 401 || status === 403;
  return new UserError(`${name} is refused (${status})${words}`, {
    action:
      status === 404
        ? 'Check the place.'
        : isOfWho && kind === 's3'
          ? 'Set AWS_ACCESS_KEY_ID and its kin or AWS_PROFILE, or VERBATIM_S3_ANONYMOUS=1 for a public bucket; AWS_ENDPOINT_URL names a store of your own.'
          : isOfWho && kind === 'hub'
            ? 'Ask for access on the page of the data set, and set HF_TOKEN.'
            : 'Download it, and name the path.',
  });
}

function noAnswer(name: string, failure: string): never {
  throw new EnvironmentError(`${name} cannot be read (${failure})`, {
    action: 'Check the network, and run the same command again: it goes on where it stopped.',
  });
}

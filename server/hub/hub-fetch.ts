// Requests to the Hub that wait when told to and follow redirects without giving the token away. Everything
// that goes over the network goes through here.

import { setTimeout as sleep } from 'node:timers/promises';
import { Cancelled, EnvironmentError } from '../errors.ts';
import { version } from '../version.ts';
import type { HubSettings } from './hub-settings.ts';

export interface HubFetchOptions {
  readonly signal: AbortSignal;
  /** Called before a longer wait with the reason for it, for people. */
  readonly onWait?: (reason: string) => void;
}

const MAX_ATTEMPTS = 6;
const MAX_REDIRECTS = 10;
const FIRST_DELAY_MS = 500;
const MAX_DELAY_MS = 30_000;
/** A server may ask for more patience than that, but nobody would wait. */
const MAX_RETRY_AFTER_MS = 15 * 60_000;
const RESPONSE_MS = 60_000;

/** A `fetch` for one run. Rejects with `Cancelled`, or with `EnvironmentError` when the Hub cannot be reached. */
export function hubFetch(settings: HubSettings, { signal, onWait }: HubFetchOptions): typeof fetch {
  return async (input, init) => {
    const url = String(input instanceof Request ? input.url : input);
    for (let attempt = 1; ; attempt++) {
      if (signal.aborted) throw new Cancelled();
      let failure: string;
      let delayMs = Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** (attempt - 1)) * (0.75 + Math.random() / 2);
      try {
        const response = await followRedirects(url, init ?? {}, settings, signal);
        if (!isTransient(response.status)) return response;
        failure = `the Hub answered ${response.status}`;
        if (attempt === MAX_ATTEMPTS) return response;
        delayMs = retryAfterMs(response) ?? delayMs;
        await response.body?.cancel();
      } catch (error) {
        if (signal.aborted) throw new Cancelled();
        if (error instanceof EnvironmentError) throw error;
        failure = reason(error);
        if (attempt === MAX_ATTEMPTS) {
          throw new EnvironmentError(`${new URL(url).host} cannot be reached (${failure})`, {
            action:
              'Check the network and HF_ENDPOINT, and run the same command again: it goes on where it stopped.',
            cause: error,
          });
        }
      }
      if (delayMs > 2000) onWait?.(`${failure}; trying again in ${Math.round(delayMs / 1000)} s`);
      await sleep(delayMs, undefined, { signal }).catch(() => {
        throw new Cancelled();
      });
    }
  };
}

/** Too many requests, or trouble on the other side that may pass. */
const isTransient = (status: number) => status === 429 || status === 408 || (status >= 500 && status !== 501);

async function followRedirects(
  start: string,
  init: RequestInit,
  settings: HubSettings,
  signal: AbortSignal,
): Promise<Response> {
  const headers = new Headers(init.headers);
  headers.set('user-agent', `verbatim/${version}`);
  let url = new URL(start);
  for (let n = 0; n <= MAX_REDIRECTS; n++) {
    // The token is for the Hub alone.
    const isHub = url.origin === new URL(settings.endpoint).origin;
    if (isHub && settings.token !== null) headers.set('authorization', `Bearer ${settings.token}`);
    else headers.delete('authorization');
    const timeout = new AbortController();
    const timer = setTimeout(() => timeout.abort(new Error('no answer')), RESPONSE_MS);
    const response = await fetch(url, {
      ...init,
      headers,
      redirect: 'manual',
      signal: AbortSignal.any([signal, timeout.signal, ...(init.signal ? [init.signal] : [])]),
    }).finally(() => clearTimeout(timer));
    const location = response.headers.get('location');
    if (response.status < 300 || response.status >= 400 || !location) return response;
    await response.body?.cancel();
    const next = new URL(location, url);
    if (!/^https?:$/.test(next.protocol) || (url.protocol === 'https:' && next.protocol === 'http:')) {
      throw new EnvironmentError(`${url.host} sends us to ${next.protocol}//${next.host}, which is not safe`);
    }
    url = next;
  }
  throw new EnvironmentError(`${new URL(start).host} redirects in a circle`);
}

/** Milliseconds that the header asks to wait: it holds seconds or a date. */
function retryAfterMs(response: Response): number | undefined {
  const value = response.headers.get('retry-after');
  if (value === null) return undefined;
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.min(MAX_RETRY_AFTER_MS, Math.max(0, ms));
}

/** The inmost message: fetch wraps what happened. */
function reason(error: unknown): string {
  let at = error;
  while (at instanceof Error && at.cause instanceof Error) at = at.cause;
  return at instanceof Error ? at.message || String((at as NodeJS.ErrnoException).code) : String(at);
}

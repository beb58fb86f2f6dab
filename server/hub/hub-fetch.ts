// Requests to the Hub that wait when told to and follow redirects without giving the token away. Everything
// that is asked of the Hub goes through here.

import { Cancelled, EnvironmentError } from '../errors.ts';
import type { HubSettings } from '../hub-settings.ts';
import { type Attempt, inmostReason, isTransient, retryAfterMs, withRetries } from '../net/with-retries.ts';
import { version } from '../version.ts';

export interface HubFetchOptions {
  readonly signal: AbortSignal;
  /** Called before a longer wait with the reason for it, for people. */
  readonly onWait?: (reason: string) => void;
}

const MAX_REDIRECTS = 10;
const RESPONSE_MS = 60_000;

/** A `fetch` for one run. Rejects with `Cancelled`, or with `EnvironmentError` when the Hub cannot be reached. */
export function hubFetch(settings: HubSettings, options: HubFetchOptions): typeof fetch {
  const { signal } = options;
  return (input, init) => {
    const url = String(input instanceof Request ? input.url : input);
    return withRetries(options, async (): Promise<Attempt<Response>> => {
      try {
        const response = await followRedirects(url, init ?? {}, settings, signal);
        if (!isTransient(response.status)) return { kind: 'done', result: response };
        return {
          kind: 'failed',
          failure: `the Hub answered ${response.status}`,
          waitMs: retryAfterMs(response.headers.get('retry-after')),
          orElse: () => response,
          discard: async () => response.body?.cancel(),
        };
      } catch (error) {
        if (signal.aborted) throw new Cancelled();
        if (error instanceof EnvironmentError) throw error;
        return { kind: 'failed', failure: inmostReason(error), orElse: () => cannotReach(url, error) };
      }
    });
  };
}

function cannotReach(url: string, error: unknown): never {
  throw new EnvironmentError(`${new URL(url).host} cannot be reached (${inmostReason(error)})`, {
    action: 'Check the network and HF_ENDPOINT, and run the same command again: it goes on where it stopped.',
    cause: error,
  });
}

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

// Answers of the Hub that are lists: pages that never end, and pages without an end, are refused. Data has sizes of its own.

import { EnvironmentError } from '../errors.ts';

/** A million files in some thousand pages have fewer. */
const MOST_BYTES = 256 << 20;
const MOST_ANSWERS = 10_000;
const STALL_MS = 60_000;

/** A `fetch` for one listing: all its answers together are bounded. Rejects with `EnvironmentError`. */
export function boundedAnswers(fetch: typeof globalThis.fetch, endpoint: string): typeof globalThis.fetch {
  let nBytes = 0;
  let nAnswers = 0;
  const refuse = (what: string) =>
    new EnvironmentError(`${endpoint} answers with ${what}`, {
      action: 'Check HF_ENDPOINT. No repository that people share is like that.',
    });
  return async (input, init) => {
    if (++nAnswers > MOST_ANSWERS) throw refuse(`more than ${MOST_ANSWERS} pages`);
    const response = await fetch(input, init);
    if (response.body === null) return response;
    const reader = response.body.getReader();
    const body = new ReadableStream<Uint8Array>({
      async pull(controller) {
        const { value, done } = await within(reader.read(), () => refuse('a page that stops in its middle'));
        if (done) return controller.close();
        nBytes += value.length;
        if (nBytes > MOST_BYTES) throw refuse(`more than ${MOST_BYTES} bytes for a list of files`);
        controller.enqueue(value);
      },
      cancel: (reason) => reader.cancel(reason),
    });
    const { status, statusText, headers, url } = response;
    return Object.defineProperty(new Response(body, { status, statusText, headers }), 'url', { value: url });
  };
}

async function within<T>(work: Promise<T>, failure: () => Error): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(failure()), STALL_MS);
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}

// Samples of a served model are those that the server drew, each once, whatever the server does on the way.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import type { SamplingPlan, ServedSource } from '../../../protocol/study.ts';
import { Cancelled, EnvironmentError, UserError } from '../../../server/errors.ts';
import { defaultSampling } from '../../../server/plan/plan.ts';
import { NoCompletion, readCompletion } from '../../../server/served/completion.ts';
import { ConcurrencySearch } from '../../../server/served/concurrency-search.ts';
import type { ProbedServer } from '../../../server/served/probe-server.ts';
import { type ServedSample, sampleServed } from '../../../server/served/sample-served.ts';
import { seedOfSample } from '../../../server/served/seed-of-sample.ts';
import {
  ALPHABET,
  randomOf,
  type ServedFault,
  type ServedOptions,
  type ServedServer,
  sampleTiny,
  startServedServer,
} from '../../support/served-server.ts';

const plan = (sampling: Partial<SamplingPlan> = {}): SamplingPlan => ({
  ...defaultSampling,
  ...{ nSamples: 20, maxTokens: 40, topK: 3, seed: 7 },
  ...sampling,
});

interface Made {
  readonly samples: readonly ServedSample[];
  readonly server: ProbedServer;
}

async function sample(
  { address }: Pick<ServedServer, 'address'>,
  sampling: SamplingPlan,
  more: {
    readonly key?: string;
    readonly done?: ReadonlySet<number>;
    readonly signal?: AbortSignal;
    readonly source?: Partial<ServedSource>;
    readonly silenceMs?: number;
    readonly attempts?: number;
    readonly batch?: number | 'auto';
  } = {},
): Promise<Made> {
  const samples: ServedSample[] = [];
  let server: ProbedServer | undefined;
  const signal = more.signal ?? new AbortController().signal;
  const batches = sampleServed({
    access: {
      address,
      key: more.key ?? null,
      patience: { signal, firstDelayMs: 1, attempts: more.attempts ?? 4 },
      silenceMs: more.silenceMs ?? 10_000,
    },
    source: { kind: 'served', model: address, servedName: 'tiny', start: 'a', ...more.source },
    plan: sampling,
    batch: more.batch ?? 'auto',
    isDone: (id) => more.done?.has(id) ?? false,
    onServer: (found) => {
      server = found;
    },
    onConcurrency: () => {},
  });
  for await (const batch of batches) samples.push(...batch);
  return { samples: samples.sort((a, b) => a.sampleId - b.sampleId), server: server! };
}

async function withServer<T>(options: ServedOptions, run: (server: ServedServer) => Promise<T>): Promise<T> {
  const server = await startServedServer(options);
  try {
    return await run(server);
  } finally {
    await server.close();
  }
}

/** What the server's model gives for a sample, without the server. */
function expected(sampling: SamplingPlan, sampleId: number, prompt = [ALPHABET.indexOf('a')]) {
  const asked = { ...sampling, topP: sampling.topP ?? 1 };
  return sampleTiny(prompt, asked, randomOf(seedOfSample(sampling.seed, sampleId)));
}

for (const shape of ['lists', 'objects'] as const) {
  test(`tokens, log-probabilities and lengths are the server's, as ${shape}`, () =>
    withServer({ shape }, async (server) => {
      const sampling = plan();
      const { samples, server: found } = await sample(server, sampling);
      assert.deepEqual(
        samples.map(({ sampleId }) => sampleId),
        Array.from({ length: 20 }, (_, i) => i),
      );
      assert(found.hasPlainLogprobs);
      for (const one of samples) {
        const { tokens, plain } = expected(sampling, one.sampleId);
        assert.deepEqual(one.tokens, tokens);
        assert.equal(one.text, tokens.map((id) => ALPHABET[id]).join(''));
        assert.equal(one.ended, tokens.at(-1) === 0 ? 'eos' : 'length');
        assert.deepEqual(one.logprobs, plain);
        assert.deepEqual(
          one.tokenBytes,
          tokens.map((id) => ALPHABET[id]!.length),
        );
      }
      assert(new Set(samples.map(({ text }) => text)).size > 10, 'samples differ');
    }));
}

test('what the server does not do is refused or said', async () => {
  await withServer({ topK: 'passed over' }, (server) =>
    assert.rejects(sample(server, plan()), /does not cut to the top-k likeliest/),
  );
  await withServer({ topK: 'passed over' }, async (server) => {
    const { server: found } = await sample(server, plan({ topK: 0 }));
    assert.match(found.notes.join(), /does not do as it is told about cuts/);
  });
  await withServer({}, async (server) => {
    const { server: found } = await sample(server, plan({ topK: 0 }));
    assert.deepEqual(found.notes, []);
  });
  await withServer({ refused: ['top_k', 'generation_config'], key: 'k-123' }, (server) =>
    assert.rejects(
      sample(server, plan(), { key: 'k-123' }),
      (error) => error instanceof UserError && /Unknown field top_k from …/.test(error.message),
    ),
  );
  await withServer({ seeds: 'all alike' }, (server) =>
    assert.rejects(sample(server, plan()), /all samples would be one/),
  );
  await withServer({ seeds: 'passed over' }, async (server) => {
    const { server: found } = await sample(server, plan());
    assert.match(found.notes.join(), /does not repeat a sample by its seed/);
  });
  await withServer({ logprobs: 'as drawn' }, async (server) => {
    const { samples, server: found } = await sample(server, plan());
    assert.match(found.notes.join(), /after temperature and cuts/);
    assert(samples.every(({ logprobs, tokens }) => logprobs === null && tokens !== null));
    const plainly = await sample(server, plan({ topK: 0 }));
    assert(
      plainly.samples.every(({ logprobs }) => logprobs !== null),
      'drawn plainly they are plain',
    );
  });
  await withServer({ logprobs: 'none', ids: false }, async (server) => {
    const { samples, server: found } = await sample(server, plan());
    assert.match(found.notes.join(), /gives no log-probabilities/);
    for (const one of samples) {
      assert.equal(one.nTokens, expected(plan(), one.sampleId).tokens.length, 'counted by the server');
      assert.deepEqual([one.tokens, one.logprobs, one.tokenBytes], [null, null, null]);
    }
  });
  await withServer({ refused: ['min_p'] }, async (server) => {
    const { server: found } = await sample(server, plan({ topK: 0, nSamples: 2 }));
    assert.match(found.notes.join(), /does not do as it is told about cuts/);
  });
  await withServer({ refused: ['return_token_ids'] }, async (server) => {
    const { samples } = await sample(server, plan());
    assert(samples.every(({ logprobs, tokens }) => logprobs !== null && tokens === null));
  });
});

test('a server that draws by a configuration alone is given one', () =>
  withServer({ isConfigured: true, refused: ['top_k'], ids: false }, async (server) => {
    const { samples, server: found } = await sample(server, plan());
    assert.deepEqual(found.notes, []);
    for (const { sampleId, text } of samples) {
      const { tokens } = expected(plan(), sampleId);
      assert.equal(text, tokens.map((id) => ALPHABET[id]).join(''));
    }
  }));

test('seeds that hold for all requests together are found out, and are no trouble one at a time', () =>
  withServer({ seeds: 'shared', delayMs: 5 }, async (server) => {
    const { server: several } = await sample(server, plan());
    assert.match(several.notes.join(), /does not repeat a sample by its seed, at least while/);
    const { samples, server: one } = await sample(server, plan(), { batch: 1 });
    assert.deepEqual(one.notes, []);
    for (const { sampleId, tokens } of samples)
      assert.deepEqual(tokens, expected(plan(), sampleId).tokens, `${sampleId}`);
  }));

test('prompts go as text or as token ids, dealt over the samples, and a start in brackets is ids', () =>
  withServer({}, async (server) => {
    const sampling = plan({ strategy: 'pcg', nSamples: 6, prompts: ['ab', { tokens: [5, 9] }] });
    const { samples } = await sample(server, sampling);
    for (const one of samples) {
      const prompt = one.sampleId % 2 === 0 ? [ALPHABET.indexOf('b')] : [9];
      assert.equal(one.promptIndex, one.sampleId % 2);
      assert.deepEqual(one.tokens, expected(sampling, one.sampleId, prompt).tokens);
    }
    const started = await sample(server, plan({ nSamples: 2 }), { source: { start: '[4, 6]' } });
    assert.deepEqual(started.samples[1]!.tokens, expected(plan(), 1, [6]).tokens);
    assert.deepEqual(server.requests.at(-1)!.body.prompt, [4, 6]);
  }));

const PASSING: readonly ServedFault['kind'][] = [
  ...(['cut', 'server-error', 'too-many', 'not-json', 'not-a-completion', 'gave-up'] as const),
  ...(['endless', 'huge-header', 'stall'] as const),
];

test('what goes wrong and passes changes no sample', () =>
  withServer({}, async (server) => {
    const sampling = plan();
    const { samples } = await sample(server, sampling);
    for (const kind of PASSING) server.faults.push({ kind, times: 1 });
    const again = await sample(server, sampling, { silenceMs: 300, attempts: 12, batch: 4 });
    assert(server.faults.every(({ times }) => times === 0));
    assert.deepEqual(again.samples, samples);
  }));

for (const kind of PASSING.filter((each) => each !== 'too-many')) {
  test(`a server that does not stop to fail is left: ${kind}`, () =>
    withServer({}, async (server) => {
      server.faults.push({ kind, times: 1000 });
      await assert.rejects(
        sample(server, plan({ maxTokens: 2 }), { silenceMs: 100, attempts: 2 }),
        (error) =>
          error instanceof EnvironmentError &&
          error.message.includes('gives no completion') &&
          /run the same command again/.test(error.action ?? ''),
      );
    }));
}

test('nothing is sent to another host, and the key to none but the one that was named', () =>
  withServer({ key: 'secret-key' }, async (server) => {
    await assert.rejects(sample(server, plan()), /refuses \(401\).*Invalid API key/);
    await assert.rejects(sample(server, plan(), { key: 'wrong-key' }), (error: Error) => {
      assert(!JSON.stringify([error.message, (error as UserError).action]).includes('wrong-key'));
      return /401/.test(error.message);
    });
    await sample(server, plan({ nSamples: 2 }), { key: 'secret-key' });
    server.faults.push({ kind: 'elsewhere', times: 1 });
    const nBefore = server.requests.length;
    await assert.rejects(sample(server, plan(), { key: 'secret-key' }), /sends us to http:\/\/localhost:9/);
    assert.equal(server.requests.length, nBefore + 1, 'it is not tried again');
  }));

test('a run that goes on asks for the rest, and one that is stopped stops', async () => {
  await withServer({}, async (server) => {
    const all = await sample(server, plan());
    const done = new Set([0, 3, 4, 19]);
    const rest = await sample(server, plan(), { done });
    assert.deepEqual(
      rest.samples,
      all.samples.filter(({ sampleId }) => !done.has(sampleId)),
    );
  });
  await withServer({ delayMs: 30 }, async (server) => {
    const stop = new AbortController();
    const running = sample(server, plan({ nSamples: 10_000 }), { signal: stop.signal });
    while (server.requests.length < 10) await sleep(10);
    stop.abort();
    await assert.rejects(running, Cancelled);
    // It asks for no more, of ten thousand.
    assert(server.requests.length < 1000, `${server.requests.length} requests`);
  });
});

test('a server is asked for as much at once as it takes', () =>
  withServer({ capacity: 5, delayMs: 2 }, async (server) => {
    const { samples } = await sample(server, plan({ nSamples: 300 }), { attempts: 50 });
    assert.equal(samples.length, 300);
    assert(server.mostAtOnce() <= 5);
  }));

test('the search ends at the knee of a server, wherever it is', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 600 }), (knee) => {
      const search = new ConcurrencySearch('auto');
      let nowMs = 0;
      for (let n = 0; n < 20_000; n++) {
        // Up to its knee a server answers all in the time of one.
        nowMs += Math.max(1, search.limit / knee) * (100 / search.limit);
        search.done(50, nowMs);
      }
      assert(search.limit >= Math.min(knee, 512) / 2, `${search.limit} for ${knee}`);
      assert(search.limit <= Math.max(4, 2 * knee), `${search.limit} for ${knee}`);
    }),
    { numRuns: 50 },
  );
});

test('no two samples of a study share a seed, and studies do not share their seeds', () => {
  fc.assert(
    fc.property(fc.nat(Number.MAX_SAFE_INTEGER), fc.nat(2 ** 31 - 2000), (seed, first) => {
      const seeds = Array.from({ length: 1000 }, (_, i) => seedOfSample(seed, first + i));
      assert.equal(new Set(seeds).size, 1000);
      assert(seeds.every((one) => Number.isInteger(one) && one >= 0 && one < 2 ** 31));
    }),
    { numRuns: 50 },
  );
  const both = [0, 1, 2, 2 ** 40].map(
    (seed) => new Set(Array.from({ length: 500 }, (_, i) => seedOfSample(seed, i))),
  );
  assert(new Set(both.flatMap((one) => [...one])).size > 1990);
});

test('whatever an answer holds, it is a completion whose parts fit or it is refused', () => {
  const parts = fc.record(
    {
      text: fc.oneof(fc.string(), fc.anything()),
      finish_reason: fc.oneof(fc.constantFrom('stop', 'length', 'abort', null), fc.anything()),
      token_ids: fc.oneof(fc.array(fc.nat()), fc.anything()),
      logprobs: fc.oneof(
        fc.record({ tokens: fc.array(fc.string()), token_logprobs: fc.array(fc.double()) }),
        fc.record({
          content: fc.array(fc.record({ id: fc.anything(), logprob: fc.anything(), bytes: fc.anything() })),
        }),
        fc.anything(),
      ),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(fc.oneof(parts, fc.anything()), fc.anything(), (choice, usage) => {
      const bytes = Buffer.from(
        JSON.stringify({ choices: [choice], usage: { completion_tokens: usage } }) ?? '',
      );
      try {
        const { text, nTokens, tokens, logprobs, tokenBytes } = readCompletion(bytes, 10);
        assert.equal(typeof text, 'string');
        assert(nTokens === null || (Number.isInteger(nTokens) && nTokens >= 0 && nTokens <= 11));
        for (const list of [tokens, logprobs, tokenBytes]) assert(list === null || list.length === nTokens);
        assert(logprobs === null || logprobs.every((one) => one <= 0));
      } catch (error) {
        assert(error instanceof NoCompletion, String(error));
      }
    }),
    { numRuns: 500 },
  );
});

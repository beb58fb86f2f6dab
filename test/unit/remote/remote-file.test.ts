// A file that is read by ranges is the file, whatever breaks on the way; one that became another is noticed.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { EnvironmentError, UserError } from '../../../server/errors.ts';
import { describeFile, listObjects } from '../../../server/remote/list-objects.ts';
import { RemoteFile } from '../../../server/remote/remote-file.ts';
import { parseRemoteLocation } from '../../../server/remote/remote-location.ts';
import {
  type RangeFault,
  type RangeOptions,
  type RangeServer,
  startRangeServer,
} from '../../support/range-server.ts';

const bytes = Buffer.from(Array.from({ length: 50_000 }, (_, i) => (i * 7919) >>> 3));

const access = {
  patience: { signal: new AbortController().signal, firstDelayMs: 1, attempts: 4 },
  s3: { endpoint: null, region: 'us-east-1', credentials: null },
};

async function withFile<T>(
  options: RangeOptions,
  run: (open: () => Promise<RemoteFile>, server: RangeServer) => Promise<T>,
): Promise<T> {
  const server = await startRangeServer({ files: { 'a.bin': bytes }, ...options });
  try {
    const location = parseRemoteLocation(`${server.address}/a.bin`);
    return await run(
      async () => new RemoteFile(access, location, await describeFile(access, location)),
      server,
    );
  } finally {
    await server.close();
  }
}

const fault = fc.record({
  times: fc.constant(1),
  kind: fc.constantFrom<RangeFault['kind']>('cut', 'busy', 'server-error', 'garbage'),
  after: fc.nat(3000),
});

test('every read is of the file, in any order, with what breaks and passes', () =>
  withFile({}, async (open, server) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(60_000), fc.nat(9000), fc.boolean()), { maxLength: 8 }),
        fc.array(fault, { maxLength: 3 }),
        async (reads, faults) => {
          server.faults.length = 0;
          const file = await open();
          server.faults.push(...faults);
          let at = 0;
          for (const [position, nBytes, readsOn] of reads) {
            const from = readsOn ? at : position;
            const got = await file.read(from, nBytes);
            assert(got.equals(bytes.subarray(from, from + nBytes)), `${nBytes} at ${from}`);
            at = Math.min(bytes.length, from + got.length);
          }
          file.close();
        },
      ),
      { numRuns: 60 },
    );
  }));

test('reading on is one request, and reads at once come out as they were asked for', () =>
  withFile({}, async (open, server) => {
    const file = await open();
    await file.read(0, 64);
    server.requests.length = 0;
    for (let at = 64; at < bytes.length; at += 1000) await file.read(at, 1000);
    assert.equal(server.requests.length, 1);
    const both = await Promise.all([file.read(10, 5), file.read(40_000, 7), file.read(15, 5)]);
    assert.deepEqual(both, [bytes.subarray(10, 15), bytes.subarray(40_000, 40_007), bytes.subarray(15, 20)]);
  }));

for (const tags of ['strong', 'weak'] as const) {
  test(`a file that became another is noticed by its ${tags} tag, and none is made of two`, () =>
    withFile({ tags }, async (open, server) => {
      const file = await open();
      await file.read(0, 10);
      server.files.set('a.bin', Buffer.from(bytes).reverse());
      const isChange = (error: unknown) =>
        error instanceof EnvironmentError && /has changed since it was listed/.test(error.message);
      await assert.rejects(file.read(10, 10), isChange);
      await assert.rejects(file.read(5000, 10), isChange);
      server.files.delete('a.bin');
      await assert.rejects(file.read(5, 10), UserError);
    }));
}

test('without a tag a file of another length is noticed', () =>
  withFile({ tags: 'none' }, async (open, server) => {
    const file = await open();
    server.files.set('a.bin', bytes.subarray(1));
    await assert.rejects(file.read(0, 10), /has changed/);
  }));

test('a machine that knows no ranges is read from its beginning, and on after a break', () =>
  withFile({ knowsNoRanges: true }, async (open, server) => {
    const file = await open();
    await file.read(0, 64);
    server.faults.push({ kind: 'cut', times: 1, after: 20_000 });
    const parts: Buffer[] = [];
    for (let at = 64; at < bytes.length; at += 7000) parts.push(await file.read(at, 7000));
    assert(Buffer.concat(parts).equals(bytes.subarray(64)));
    await assert.rejects(file.read(30_000, 10), /sends whole files only/);
  }));

test('what does not stop to fail is told, and nothing is asked elsewhere', async () => {
  for (const kind of ['cut', 'server-error', 'busy', 'garbage'] as const) {
    await withFile({}, async (open, server) => {
      const file = await open();
      await file.read(0, 10);
      server.faults.push({ kind, times: 1000, after: 0 });
      await assert.rejects(file.read(10, 10), EnvironmentError, kind);
      await assert.rejects(file.read(300, 10), EnvironmentError, kind);
    });
  }
  await withFile({}, async (open, server) => {
    const file = await open();
    server.faults.push({ kind: 'elsewhere', times: 1 });
    await assert.rejects(file.read(0, 10), /sends us to http:\/\/localhost:9/);
  });
});

test('a list of objects that is none, has no end or names what no address can is no way around', async () => {
  const object = (key: string, more = '') =>
    `<Contents><Key>${key}</Key><Size>3</Size><ETag>&quot;t&quot;</ETag>${more}</Contents>`;
  const list = (inner: string) => Buffer.from(`<ListBucketResult>${inner}</ListBucketResult>`);
  const cut = '<IsTruncated>true</IsTruncated><NextContinuationToken>x</NextContinuationToken>';
  const server = await startRangeServer();
  const store = { ...access, s3: { ...access.s3, endpoint: server.address } };
  try {
    const objects = (page: Buffer) => {
      server.files.set('bucket', page);
      return listObjects(store, 'bucket', '');
    };
    assert.deepEqual(await objects(list(object('a%20b+c/%C3%BC.jsonl'))), [
      { key: 'a b c/ü.jsonl', nBytes: 3, tag: '"t"' },
    ]);
    for (const bad of [
      '',
      '<html>',
      '<ListBucketResult><Contents>',
      `<ListBucketResult>${object('%ff')}`,
      `<ListBucketResult>${object('')}`,
    ])
      await assert.rejects(objects(Buffer.from(bad)), EnvironmentError, bad);
    await assert.rejects(objects(list(object('k') + cut)), /a list without an end/);
    await fc.assert(
      fc.asyncProperty(fc.string(), fc.string(), async (a, b) => {
        const listed = await objects(list(`${a}${object('k', b)}`)).catch((error) => {
          assert(error instanceof EnvironmentError);
          return [];
        });
        assert(listed.every(({ nBytes }) => Number.isSafeInteger(nBytes)));
      }),
      { numRuns: 25 },
    );
  } finally {
    await server.close();
  }
});

test('a bucket of another region is asked there, signed for it, and one that is public without a signature', async () => {
  const page = Buffer.from(
    '<ListBucketResult><Contents><Key>k</Key><Size>3</Size></Contents></ListBucketResult>',
  );
  const credentials = { accessKeyId: 'A', secretAccessKey: 'B', sessionToken: 'C' };
  for (const s3 of [{ ...access.s3, credentials }, access.s3]) {
    const isSigned = s3.credentials !== null;
    const server = await startRangeServer({
      files: { faraway: page },
      ...(isSigned && { region: 'eu-west-1' }),
    });
    try {
      const store = { ...access, s3: { ...s3, endpoint: server.address } };
      assert.equal((await listObjects(store, 'faraway', '')).length, 1);
      const signed = server.requests.map(
        ({ authorization }) => /(us-east-1|eu-west-1)/.exec(authorization ?? '')?.[0],
      );
      assert.deepEqual(signed, isSigned ? ['us-east-1', 'eu-west-1'] : [undefined]);
    } finally {
      await server.close();
    }
  }
});

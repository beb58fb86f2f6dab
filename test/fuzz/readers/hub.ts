// What the Hub says of a repository: its revision, and a list of its files.

import { dirname } from 'node:path';
import { listRepository } from '../../../server/hub/list-repository.ts';
import { type Harness, outcomeOf } from '../harness.ts';

const sha = 'a'.repeat(40);
const info = JSON.stringify({
  _id: '1',
  id: 'o/n',
  sha,
  private: false,
  downloads: 1,
  likes: 2,
  gated: false,
});
const files = JSON.stringify([
  { type: 'directory', path: 'data', oid: sha, size: 0 },
  { type: 'file', path: 'data/a.jsonl', oid: sha, size: 12 },
  {
    type: 'file',
    path: 'b.parquet',
    oid: sha,
    size: 1e9,
    lfs: { oid: 'b'.repeat(64), size: 1e9, pointerSize: 134 },
  },
]);

export const harness: Harness = {
  seeds: () => [info, files].map((text) => Buffer.from(text)),
  read: (input, file) =>
    outcomeOf(() => {
      const isInfo = input.includes(0x5f); // Only the first one holds `_id`.
      const answer = (url: string) => (url.includes('/tree/') === isInfo ? (isInfo ? files : info) : input);
      const fetch: typeof globalThis.fetch = async (url) =>
        new Response(answer(String(url)) as string, { headers: { 'content-type': 'application/json' } });
      const settings = {
        endpoint: 'https://hub.example',
        cacheFolder: dirname(file),
        token: null,
        isOffline: false,
      };
      return listRepository({ settings, fetch }, { kind: 'dataset', repository: 'o/n' }, 'main');
    }),
};

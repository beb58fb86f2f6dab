// The Hub's client against a server that speaks its protocol and fails as the real one does.

import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Cancelled, EnvironmentError, UserError } from '../../../server/errors.ts';
import { downloadFile } from '../../../server/hub/download-file.ts';
import { fetchModel } from '../../../server/hub/fetch-model.ts';
import { hubFetch } from '../../../server/hub/hub-fetch.ts';
import { type HubAccess, listRepository } from '../../../server/hub/list-repository.ts';
import { hubSettings } from '../../../server/hub-settings.ts';
import { chooseFiles } from '../../../server/sampling/model/model-description.ts';
import { startCli } from '../../support/cli.ts';
import { type HubServer, type HubServerOptions, hashOf, startHubServer } from '../../support/hub-server.ts';
import { scratchFolder } from '../../support/scratch.ts';
import { smallDisk } from '../../support/small-disk.ts';
import { AT_ONCE_MS } from '../../support/wait-limit.ts';

const signal = new AbortController().signal;
const large = Buffer.from(Array.from({ length: 3_000_000 }, (_, i) => (i * i) % 251));
const files = {
  'config.json': '{"model_type":"gpt2"}',
  'tokenizer.json': '{}',
  'model.safetensors': large,
  'pytorch_model.bin': 'not needed beside safetensors',
  'README.md': 'card',
};
const repositories = {
  'models/owner/name': files,
  'datasets/owner/data': { 'a/b.jsonl': '{"content":"x"}' },
};
const repo = { kind: 'model', repository: 'owner/name' } as const;

async function setUp(options: Partial<HubServerOptions> & { clientToken?: string } = {}) {
  process.env.XDG_CACHE_HOME = scratchFolder();
  const server = await startHubServer({ repositories, ...options });
  after(() => server.close());
  const home = scratchFolder();
  // What a child process sees.
  process.env.HF_ENDPOINT = server.endpoint;
  process.env.HF_HOME = home;
  const settings = hubSettings({
    HF_ENDPOINT: server.endpoint,
    HF_HOME: home,
    ...(options.clientToken && { HF_TOKEN: options.clientToken }),
  });
  const access: HubAccess = { settings, fetch: hubFetch(settings, { signal }) };
  return { server, settings, access, home };
}

const fetchFrom = (access: HubAccess, location = 'hf://owner/name') =>
  fetchModel({ access, location, commit: undefined, signal, report: () => {}, choose: chooseFiles });

async function fetchLarge({ access, settings }: { access: HubAccess; settings: HubAccess['settings'] }) {
  const { commit, files } = await listRepository(access, repo, 'main');
  const file = files.find(({ path }) => path === 'model.safetensors')!;
  let nBytes = 0;
  const onBytes = (n: number) => {
    nBytes += n;
  };
  const path = await downloadFile({ settings, fetch: access.fetch!, repo, commit, file, signal, onBytes });
  return { path, nBytes };
}

const ranges = (server: HubServer) => server.requests.flatMap(({ range }) => (range ? [range] : []));

test('files come into the cache as the Hub’s own library lays it out', async () => {
  const { server, settings, access, home } = await setUp();
  const { path, nBytes } = await fetchLarge({ access, settings });
  assert.deepEqual(readFileSync(path), large);
  assert.equal(nBytes, large.length);
  const folder = join(home, 'hub', 'models--owner--name');
  assert.equal(path, join(folder, 'snapshots', server.commit, 'model.safetensors'));
  assert.equal(readlinkSync(path), `../../blobs/${hashOf(large)}`);
  assert.equal(readFileSync(join(folder, 'refs', 'main'), 'utf8'), server.commit);
  const before = server.requests.length;
  await fetchLarge({ access, settings });
  assert(
    server.requests.slice(before).every(({ path }) => path.startsWith('/api/')),
    'not fetched twice',
  );
});

test('a model brings what it needs and nothing else', async () => {
  const { access } = await setUp();
  const { folder } = await fetchFrom(access);
  assert.deepEqual(readdirSync(folder).sort(), ['config.json', 'model.safetensors', 'tokenizer.json']);
});

test('what does not fit on the disk is said before the first byte comes', async (t) => {
  const { server, access } = await setUp();
  const disk = smallDisk(100 << 20);
  if (!disk) return t.skip('needs the right to mount a small disk');
  const cacheFolder = join(disk.folder, 'hub');
  const onSmallDisk = { ...access, settings: { ...access.settings, cacheFolder } };
  await assert.rejects(
    fetchFrom(onSmallDisk),
    (error: Error) => error instanceof EnvironmentError && error.message.includes(cacheFolder),
  );
  assert(server.requests.every(({ path }) => !path.endsWith('.safetensors')));
  return undefined;
});

test('a connection that is cut, again and again, costs only what was cut', async () => {
  const context = await setUp();
  context.server.faults.push({ path: 'model.safetensors', times: 3, kind: 'cut', after: 700_000 });
  const { path, nBytes } = await fetchLarge(context);
  assert.deepEqual(readFileSync(path), large);
  assert.equal(nBytes, large.length);
  assert.equal(new Set(ranges(context.server)).size, 3, 'each goes on where the one before ended');
});

test('a server that ignores ranges starts over, and the file is right', async () => {
  const context = await setUp();
  context.server.faults.push({ path: 'model.safetensors', times: 1, kind: 'cut', after: 700_000 });
  context.server.faults.push({ path: 'model.safetensors', times: 2, kind: 'no-range' });
  assert.deepEqual(readFileSync((await fetchLarge(context)).path), large);
});

test('a download that another process left is gone on with, if it is of this file', async () => {
  const context = await setUp();
  const draft = join(context.home, 'hub', 'models--owner--name', 'blobs', `${hashOf(large)}.incomplete`);
  mkdirSync(dirname(draft), { recursive: true });
  writeFileSync(draft, large.subarray(0, 1_000_000));
  assert.deepEqual(readFileSync((await fetchLarge(context)).path), large);
  assert.deepEqual(new Set(ranges(context.server)), new Set(['bytes=1000000-']));
  const other = await setUp();
  const wrong = join(other.home, 'hub', 'models--owner--name', 'blobs', `${hashOf(large)}.incomplete`);
  mkdirSync(dirname(wrong), { recursive: true });
  writeFileSync(wrong, Buffer.alloc(1000));
  assert.deepEqual(readFileSync((await fetchLarge(other)).path), large, 'a wrong beginning is noticed');
});

test('a download stops at once when it is told to, and what came is kept', async () => {
  const context = await setUp();
  context.server.faults.push({ path: 'model.safetensors', times: 1, kind: 'stall', after: 1_500_000 });
  const stop = new AbortController();
  const { commit, files } = await listRepository(context.access, repo, 'main');
  const file = files.find(({ path }) => path === 'model.safetensors')!;
  const fetch = hubFetch(context.settings, { signal: stop.signal });
  let nBytes = 0;
  let stoppedAt = 0;
  const onBytes = (n: number) => {
    nBytes += n;
    if (nBytes < 1_500_000) return;
    stoppedAt = performance.now();
    stop.abort();
  };
  const request = { settings: context.settings, fetch, repo, commit, file, signal: stop.signal, onBytes };
  await assert.rejects(downloadFile(request), Cancelled);
  assert(performance.now() - stoppedAt < AT_ONCE_MS);
  assert.deepEqual(readFileSync((await fetchLarge(context)).path), large);
  assert.deepEqual(ranges(context.server).at(-1), 'bytes=1500000-');
});

test('a process that is killed while it fetches loses nothing that came', async () => {
  const { server, home, settings, access } = await setUp();
  server.faults.push({ path: 'model.safetensors', times: 1, kind: 'stall', after: 2_000_000 });
  const study = join(home, 's.sqlite');
  const script = startCli('sample', '--model', 'owner/name', '--out', study, '--samples', '1');
  const draft = join(home, 'hub', 'models--owner--name', 'blobs', `${hashOf(large)}.incomplete`);
  while ((statSync(draft, { throwIfNoEntry: false })?.size ?? 0) < 2_000_000) await sleep(50);
  script.child.kill('SIGKILL');
  await script.result;
  const { path } = await fetchLarge({ access, settings });
  assert.deepEqual(readFileSync(path), large);
  assert.deepEqual(ranges(server).at(-1), 'bytes=2000000-');
});

test('429 is waited for as long as the server asks, and trouble that passes is outlived', async () => {
  const context = await setUp();
  context.server.faults.push({ path: '/api/', times: 1, kind: 'too-many', retryAfter: '1' });
  context.server.faults.push({ path: '/storage/', times: 1, kind: 'server-error' });
  const startedAt = performance.now();
  await fetchLarge(context);
  assert(performance.now() - startedAt > 1000);
});

test('a wrong hash never becomes a file', async () => {
  const context = await setUp();
  context.server.faults.push({ path: 'model.safetensors', times: 1, kind: 'wrong-bytes' });
  assert.deepEqual(readFileSync((await fetchLarge(context)).path), large, 'once is fetched again');
  const bad = await setUp();
  bad.server.faults.push({ path: 'model.safetensors', times: 9, kind: 'wrong-bytes' });
  await assert.rejects(
    fetchLarge(bad),
    (error: Error) => error instanceof EnvironmentError && /hash/.test(error.message),
  );
  const blobs = join(bad.home, 'hub', 'models--owner--name', 'blobs');
  assert.deepEqual(readdirSync(blobs), []);
});

test('the token goes to the Hub and not to the host that it sends us to', async () => {
  const context = await setUp({ gated: ['models/owner/name'], token: 'hf_secret', clientToken: 'hf_secret' });
  await fetchLarge(context);
  const hub = new URL(context.server.endpoint).host;
  assert(
    context.server.requests.some(({ host }) => host !== hub),
    'there was a redirect',
  );
  for (const { host, authorization } of context.server.requests) {
    assert.equal(authorization, host === hub ? 'Bearer hf_secret' : null);
  }
});

test('a gated repository, an unknown one and an unknown revision are told with the way out', async () => {
  const { access } = await setUp({ gated: ['models/owner/name'], token: 'hf_secret' });
  const refused = async (name: string, revision: string, pattern: RegExp) =>
    assert.rejects(
      listRepository(access, { kind: 'model', repository: name }, revision),
      (error: Error) =>
        error instanceof UserError && pattern.test(error.message) && error.action !== undefined,
    );
  await refused('owner/name', 'main', /gated.*no token is set/);
  await refused('owner/none', 'main', /has no model owner\/none/);
  const open = await setUp();
  await assert.rejects(listRepository(open.access, repo, 'v9'), /revision v9/);
});

test('a repository that names a file outside its folder does not get it there', async () => {
  const evil = { '../../../evil.txt': 'x', '/etc/evil': 'x', 'a//b': 'x', 'ok.jsonl': 'x' };
  const { access } = await setUp({ repositories: { 'models/owner/name': evil } });
  const { files } = await listRepository(access, repo, 'main');
  assert.deepEqual(
    files.map(({ path }) => path),
    ['ok.jsonl'],
  );
});

test('a repository that claims a path for a hash does not reach another file with it', async () => {
  const claimedHashes = { 'model.safetensors': '../../../other', 'config.json': 'a/../../x' };
  const { access } = await setUp({ claimedHashes });
  const { files } = await listRepository(access, repo, 'main');
  assert.deepEqual(
    files.map(({ path }) => path),
    ['README.md', 'pytorch_model.bin', 'tokenizer.json'],
  );
});

test('where nothing may be fetched the cache alone answers, and says what is missing', async () => {
  const { server, settings, access } = await setUp();
  const offline: HubAccess = { settings: { ...settings, isOffline: true }, fetch: null };
  await assert.rejects(fetchFrom(offline), UserError);
  const { folder } = await fetchFrom(access);
  const before = server.requests.length;
  assert.equal((await fetchFrom(offline)).folder, folder);
  assert.equal(server.requests.length, before);
  assert(existsSync(join(folder, 'config.json')));
  // Brought there by another program, which leaves no listing.
  process.env.XDG_CACHE_HOME = scratchFolder();
  assert.equal((await fetchFrom(offline)).folder, folder);
  assert.equal((await listRepository(offline, repo, 'main')).source, 'cache');
});

test('the environment is read as the Hub’s own library reads it', () => {
  const home = scratchFolder();
  mkdirSync(join(home, 'x'));
  writeFileSync(join(home, 'x', 'token'), ' hf_file \n');
  const base = { XDG_CACHE_HOME: '/caches' };
  assert.deepEqual(hubSettings({ ...base }).cacheFolder, '/caches/huggingface/hub');
  assert.equal(hubSettings({ HF_HOME: join(home, 'x') }).token, 'hf_file');
  assert.equal(hubSettings({ HF_HOME: join(home, 'x'), HF_TOKEN: 'hf_env' }).token, 'hf_env');
  assert.equal(hubSettings({ HF_HUB_CACHE: '/c', HF_HOME: '/h' }).cacheFolder, '/c');
  assert.equal(hubSettings({ HF_ENDPOINT: 'https://mirror.example/' }).endpoint, 'https://mirror.example');
  assert.equal(hubSettings({ HF_HUB_OFFLINE: '1' }).isOffline, true);
  assert.equal(hubSettings({ HF_HUB_OFFLINE: '0' }).isOffline, false);
});

// A Hub, and cards, that mean harm: patterns that could be matched in countless ways, lists without an end, answers of
// another form. Each is refused by name, and in bounded time and memory.

import assert from 'node:assert/strict';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { EnvironmentError, UserError } from '../../../server/errors.ts';
import { compileGlob } from '../../../server/glob.ts';
import { boundedAnswers } from '../../../server/hub/bounded-answers.ts';
import { readConfigurations } from '../../../server/hub/data-set-card.ts';
import { listRepository } from '../../../server/hub/list-repository.ts';
import { runs } from '../../support/in-ci.ts';
import { scratchFolder } from '../../support/scratch.ts';

process.env.XDG_CACHE_HOME = scratchFolder();

test('patterns match what the plain expressions for them match', () => {
  const part = fc.constantFrom('a', 'b', '/', '*', '**', '**/', '?', '{', '}', ',', '.', '(');
  const pattern = fc.array(part, { maxLength: 8 }).map((parts) => parts.join(''));
  const path = fc
    .array(fc.constantFrom('a', 'b', '/', '.', ',', '}', '('), { maxLength: 8 })
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(pattern, path, (glob, name) => {
      assert.equal(compileGlob(glob)(name), plainExpression(glob).test(name), `${glob} ${name}`);
    }),
    { numRuns: runs(20_000) },
  );
});

test('a pattern costs what it is long, however many ways there are', () => {
  const stars = compileGlob(`${'**a'.repeat(200)}b`);
  assert.equal(stars('a'.repeat(2000)), false);
  const braces = compileGlob(`${'{a,aa}'.repeat(200)}b`);
  assert.equal(braces('a'.repeat(1000)), false);
  const nested = compileGlob(`${'{*,'.repeat(200)}b${'}'.repeat(200)}c`);
  assert.equal(nested('a'.repeat(1000)), false);
});

test('a card cannot grow: aliases, depth and size are bounded', () => {
  const laughs = Array.from({ length: 30 }, (_, i) => `a${i + 1}: &a${i + 1} [*a${i}, *a${i}]`).join('\n');
  for (const head of [
    `a0: &a0 [x]\n${laughs}`,
    `configs: ${'['.repeat(100_000)}`,
    'configs: 7',
    'null',
    '- a',
  ]) {
    assert.equal(readConfigurations(`---\n${head}\n---\n`).size, 0);
  }
  const nested = `configs:\n- config_name: a\n  data_files: ${'['.repeat(500)}x${']'.repeat(500)}`;
  assert(readConfigurations(`---\n${nested}\n---\n`).size <= 1);
});

const sha = 'a'.repeat(40);

async function hub(listing: RequestListener): Promise<string> {
  const server = createServer((request, response) => {
    if (request.url?.includes('/tree/')) return listing(request, response);
    response.setHeader('content-type', 'application/json');
    return response.end(
      JSON.stringify({ id: 'o/n', sha, private: false, downloads: 0, likes: 0, lastModified: '' }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const list = (endpoint: string) =>
  listRepository(
    { settings: { endpoint, cacheFolder: scratchFolder(), token: null, isOffline: false }, fetch },
    { kind: 'dataset', repository: 'o/n' },
    'main',
  );

test('pages that never end are refused', async () => {
  let n = 0;
  const endpoint = await hub((request, response) => {
    n++;
    response.setHeader('content-type', 'application/json');
    response.setHeader('link', `<http://${request.headers.host}${request.url}>; rel="next"`);
    response.end(JSON.stringify([{ type: 'file', path: 'x'.repeat(1 << 20), size: 1, oid: sha }]));
  });
  await assert.rejects(list(endpoint), (error: unknown) => {
    assert(error instanceof EnvironmentError, String(error));
    assert.match(error.message, /more than \d+ bytes for a list of files/);
    return error.action !== undefined;
  });
  assert(n < 400, `${n} pages were read`);
});

test('a page that never ends is refused', async () => {
  const endpoint = await hub((_request, response) => {
    response.setHeader('content-type', 'application/json');
    response.write('[');
    const more = () => {
      while (response.write(' '.repeat(1 << 20)));
      response.once('drain', more);
    };
    more();
  });
  await assert.rejects(list(endpoint), /more than \d+ bytes for a list of files/);
});

test('empty pages, too, are counted', async () => {
  const answers = boundedAnswers(async () => new Response('[]'), 'https://hub.example');
  const all = Array.from({ length: 10_001 }, () => answers('https://hub.example'));
  await assert.rejects(Promise.all(all), /more than 10000 pages/);
});

test('entries of another form are left out, and answers of another form are named', async () => {
  const odd = [
    null,
    7,
    {},
    { type: 'file' },
    { type: 'file', path: 7, oid: sha, size: 1 },
    { type: 'file', path: 'a', oid: sha, size: -1 },
    { type: 'file', path: 'b', oid: { length: 40 }, size: 1 },
    { type: 'file', path: 'c', oid: sha, size: '1' },
    { type: 'file', path: 'd.jsonl', oid: sha, size: 5 },
  ];
  const answer = (body: string) =>
    hub((_request, response) => {
      response.setHeader('content-type', 'application/json');
      response.end(body);
    });
  const { files } = await list(await answer(JSON.stringify(odd)));
  assert.deepEqual(files, [{ path: 'd.jsonl', nBytes: 5, hash: sha }]);
  for (const body of ['{', '{"a":1}', 'null', '7']) {
    await assert.rejects(list(await answer(body)), (error: unknown) => {
      assert(error instanceof EnvironmentError || error instanceof UserError, `${body}: ${error}`);
      return true;
    });
  }
});

/** What the patterns mean, as an expression: exact, and for some of them without an end. */
function plainExpression(pattern: string): RegExp {
  const plain: Readonly<Record<string, string>> = {
    '**/': '(?:.*/)?',
    '**': '.*',
    '*': '[^/]*',
    '?': '[^/]',
  };
  let depth = 0;
  const body = pattern.replace(/\*\*\/|\*\*|\*|\?|\{|\}|,|[\\^$+.()|[\]]/g, (token) => {
    if (plain[token] !== undefined) return plain[token];
    if (token === '{') {
      depth++;
      return '(?:';
    }
    if (token === '}' && depth > 0) {
      depth--;
      return ')';
    }
    if (token === ',') return depth > 0 ? '|' : ',';
    return `\\${token}`;
  });
  return new RegExp(`^${body}${')'.repeat(depth)}$`);
}

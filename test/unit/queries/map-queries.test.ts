// What views ask of an extraction map: pages of regions, and heat maps whose places and tokens are those of the text.

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { rawText } from '../../../guard/text/foreign.ts';
import type { MapRegion, RegionGrouping } from '../../../protocol/extraction-map.ts';
import type { MapPlan } from '../../../protocol/study.ts';
import type { FragmentFilter } from '../../../protocol/views.ts';
import { disclose } from '../../../server/answers/undisclosed.ts';
import { UserError } from '../../../server/errors.ts';
import { defaultMap } from '../../../server/plan/plan.ts';
import { compareMapFiles } from '../../../server/queries/compared-studies.ts';
import { measureForDashboard } from '../../../server/queries/map-dashboard.ts';
import {
  getHeatMap,
  listRegionGroups,
  listRegions,
  measureTokens,
} from '../../../server/queries/map-queries.ts';
import { saveReport, saveTrainingRows } from '../../../server/queries/save-files.ts';
import { acceptFragments, trainingRows } from '../../../server/queries/view-queries.ts';
import { openForReading } from '../../../server/store/study-file.ts';
import { measureTokens as measureBytes } from '../../../server/study/maps/measure-tokens.ts';
import { runStudy } from '../../../server/study/run-study.ts';
import { modelPlan } from '../../support/plans.ts';
import { writeRandomCheckpoint } from '../../support/sampling/random-checkpoint.ts';
import { scratchFolder } from '../../support/scratch.ts';

const folder = scratchFolder();
const model = writeRandomCheckpoint(join(folder, 'model'));
/** Put together here, so that no scanner takes this file for a leak. */
const token = `ghp_${'wWPw5k4aXcaT4fNP0UcnZwJUVFk6LO0pINUx'}`;
const texts = [
  `# Größe – 尺寸 😀\nkey = "${token}"\r\ndef f(x):\n    return x + 1\n`,
  'def total(items):\n    return sum(items)\n',
  Array.from({ length: 12 }, (_, i) => `x${i} = ${i * 7}`).join('\n'),
];
const corpus = join(folder, 'corpus.jsonl');
const rows = texts.map((content, i) =>
  JSON.stringify({ content, path: `f${i}.py`, license: i === 0 ? 'mit' : 'gpl-3.0' }),
);
writeFileSync(corpus, `${rows.join('\n')}\n`);
mkdirSync(join(folder, 'control'));
writeFileSync(join(folder, 'control', 'new.py'), texts[1]!.repeat(2));
const never = new AbortController().signal;

async function makeMap(map: Partial<MapPlan>): Promise<string> {
  const file = join(folder, `${JSON.stringify(map).length}-${map.context}.sqlite`);
  await runStudy({
    ...{ file, upTo: 'analyse', signal: never, report: () => {} },
    plan: {
      ...modelPlan(model, [corpus], { topK: 0, temperature: 0.8 }),
      source: { kind: 'map', model },
      map: {
        ...defaultMap,
        // Random weights like no text: every window is kept, and is of a region.
        ...{ prefix: 10, suffix: 8, stride: 5, keep: 1e-300, control: [join(folder, 'control')] },
        ...map,
      },
    },
    execution: { provider: 'cpu', batch: 'auto', workers: 1 },
  });
  return file;
}

const exact = await makeMap({ context: 'exact', stride: 8 });
const running = await makeMap({ context: 'running' });

const everything = { filter: {}, baseline: null };

test('regions are listed by document, by probability and by licence, each region once', async () => {
  const page = { ...everything, offset: 0, limit: 100 };
  for (const by of ['document', 'probability', 'licence'] as const satisfies readonly RegionGrouping[]) {
    const groups = listRegionGroups({ study: exact, by, ...page });
    assert.equal(groups.total, groups.items.length);
    let nListed = 0;
    for (const { key, nRegions, bestLogp } of groups.items) {
      const request = { study: exact, by, key, ...page };
      const { items, total } = await disclose(listRegions(request), 'shown');
      assert.equal(total, nRegions);
      assert.equal(items.length, nRegions);
      assert.equal(Math.max(...items.map((region) => region.bestLogp)), bestLogp);
      const [one] = (await disclose(listRegions({ ...request, offset: nRegions - 1, limit: 1 }), 'shown'))
        .items;
      assert.deepEqual(one, items.at(-1));
      nListed += nRegions;
    }
    assert.equal(nListed, 3, `by ${by}`);
  }
  const licences = listRegionGroups({ study: exact, by: 'licence', ...page }).items;
  assert.deepEqual(
    licences.map(({ license, nRegions }) => [rawText(license!), nRegions]),
    [
      ['GPL-3.0', 2],
      ['MIT', 1],
    ],
  );
});

test('exactly the regions that pass a filter are listed and saved, in whatever groups', async () => {
  const page = { study: exact, offset: 0, limit: 100 };
  const list = async (by: RegionGrouping, filter: FragmentFilter, baseline: string | null) => {
    const found: MapRegion[] = [];
    for (const { key, nRegions, bestLogp } of listRegionGroups({ ...page, filter, baseline, by }).items) {
      const { items, total } = await disclose(listRegions({ ...page, filter, baseline, by, key }), 'shown');
      assert.deepEqual([total, items.length], [nRegions, nRegions]);
      assert.equal(Math.max(...items.map((region) => region.bestLogp)), bestLogp);
      found.push(...items);
    }
    return found.toSorted((a, b) => a.documentId - b.documentId);
  };
  const all = await list('document', {}, null);
  const nLines = ({ firstLine, lastLine }: MapRegion) => lastLine - firstLine + 1;
  const likeliest = all.toSorted((a, b) => b.bestLogp - a.bestLogp);
  const between = Math.exp((likeliest[0]!.bestLogp + likeliest[1]!.bestLogp) / 2);
  const baseline = join(folder, 'accepted.json');
  await acceptFragments(baseline, [all[0]!.fingerprint], 'known');
  const cases: readonly (readonly [FragmentFilter, (region: MapRegion) => boolean])[] = [
    [{}, () => true],
    [{ license: 'mit' }, ({ provenance }) => rawText(provenance.license) === 'MIT'],
    [{ path: 'F1' }, ({ provenance }) => rawText(provenance.path) === 'f1.py'],
    [{ repository: 'nobody' }, () => false],
    [{ text: 'X5 = 35' }, ({ provenance }) => rawText(provenance.path) === 'f2.py'],
    [{ text: all[1]!.fingerprint.slice(0, 9) }, ({ fingerprint }) => fingerprint === all[1]!.fingerprint],
    [{ fromLines: 4 }, (region) => nLines(region) >= 4],
    [{ toLines: 2, license: 'GPL-3.0' }, (region) => nLines(region) <= 2],
    [{ fromProbability: between }, ({ bestLogp }) => bestLogp === likeliest[0]!.bestLogp],
    [{ toProbability: between }, ({ bestLogp }) => bestLogp < likeliest[0]!.bestLogp],
    [{ fromProbability: 0, toProbability: 1 }, () => true],
    [{ isNew: true }, ({ fingerprint }) => fingerprint !== all[0]!.fingerprint],
    [{ isSensitive: true, isClipped: true, category: 'logic' }, () => true],
  ];
  for (const [filter, passes] of cases) {
    const wanted = all.filter(passes).map(({ fingerprint }) => fingerprint);
    for (const by of ['document', 'probability', 'licence'] as const) {
      const listed = (await list(by, filter, baseline)).map(({ fingerprint }) => fingerprint);
      assert.deepEqual(listed, wanted, `${JSON.stringify(filter)} by ${by}`);
    }
    const chosen = { kind: 'view', grouping: 'flat', group: null, filter, baseline } as const;
    const saved = await saveTrainingRows({ study: exact, file: join(folder, 'some.jsonl'), chosen });
    assert.equal(saved.nRows, new Set(wanted).size, JSON.stringify(filter));
  }
  const accepted = (await list('document', {}, baseline)).map(({ isAccepted }) => isAccepted);
  assert.deepEqual(accepted, [true, false, false]);
  const [group] = listRegionGroups({ ...page, ...everything, by: 'licence' }).items;
  const chosen = { kind: 'regions', ...everything, by: 'licence', key: group!.key } as const;
  const saved = await saveTrainingRows({ study: exact, file: join(folder, 'some.jsonl'), chosen });
  assert.equal(saved.nRows, group!.nRegions);
  const { lines } = await trainingRows(exact, all[1]!.fingerprint, 'shown');
  assert.equal(JSON.parse(rawText(lines)).path, rawText(all[1]!.provenance.path));
});

for (const [name, study] of [
  ['exact', exact],
  ['running', running],
] as const) {
  test(`in ${name} context a window’s tokens make up its probability, at its place in the text`, async () => {
    for (const { key: documentId } of listRegionGroups({
      ...everything,
      study,
      by: 'document',
      offset: 0,
      limit: 9,
    }).items) {
      const heat = await disclose(await getHeatMap({ study, documentId }, never), 'shown');
      const { tokens, nAsked, text } = await disclose(
        await measureTokens({ study, documentId, isAsked: false }, never),
        'shown',
      );
      assert.equal(text, heat.text);
      assert.ok(texts.includes(text));
      assert.ok(tokens.length > 0 && tokens.length <= nAsked);
      for (const window of heat.windows) {
        const own = tokens.filter(({ start, end }) => start >= window.start && end <= window.end);
        // A character of several tokens is that of the last one, so these are not all there.
        if (own.length < window.nTokens) continue;
        assert.equal(
          text.slice(window.start, window.end),
          own.map((t) => text.slice(t.start, t.end)).join(''),
        );
        const sum = own.reduce((all, { logp }) => all + logp!, 0);
        assert.ok(Math.abs(sum - window.logp!) < 1e-3, `${sum} for ${window.logp}`);
      }
      for (const region of heat.regions) {
        const before = text.slice(0, region.start).split(/\r\n|\r|\n/).length;
        assert.equal(before, region.firstLine);
      }
    }
  });
}

test('what is sensitive is masked, and what stands behind it moves along', async () => {
  const request = { study: exact, documentId: documentOf(await shownHeats()) };
  const shown = await disclose(await getHeatMap(request, never), 'shown');
  const masked = await disclose(await getHeatMap(request, never), 'masked');
  assert.ok(shown.text.includes(token));
  assert.ok(!masked.text.includes(token));
  const mask = masked.text.indexOf('[secret:');
  assert.ok(mask > 0);
  const [last, lastMasked] = [shown.windows.at(-1)!, masked.windows.at(-1)!];
  assert.equal(masked.text.slice(lastMasked.start, lastMasked.end), shown.text.slice(last.start, last.end));
  for (const { start, end } of masked.windows) assert.ok(start < end && end <= masked.text.length);
  const { items } = await disclose(
    listRegions({
      ...everything,
      study: exact,
      by: 'document',
      key: request.documentId,
      offset: 0,
      limit: 9,
    }),
    'masked',
  );
  assert.ok(!rawText(JSON.stringify(items)).includes(token));
  const tokens = await disclose(await measureTokens({ ...request, isAsked: true }, never), 'masked');
  assert.equal(tokens.text, masked.text);
});

async function shownHeats() {
  const { items } = listRegionGroups({ ...everything, study: exact, by: 'document', offset: 0, limit: 9 });
  return Promise.all(
    items.map(async ({ key }) =>
      disclose(await getHeatMap({ study: exact, documentId: key }, never), 'shown'),
    ),
  );
}

const documentOf = (heats: Awaited<ReturnType<typeof shownHeats>>) =>
  heats.find(({ text }) => text.includes(token))!.documentId;

test('measuring stops when it is told to, and where there is no time it says so', async () => {
  using db = openForReading(running);
  const bytes = Buffer.from(texts[2]!);
  await assert.rejects(measureBytes(db, bytes, AbortSignal.abort()), { name: 'Cancelled' });
  await assert.rejects(measureBytes(db, bytes, never, { nTokens: 1000, ms: 0, modelBytes: 1e9 }), UserError);
  const small = { nTokens: 1000, ms: 60_000, modelBytes: 1000 };
  await assert.rejects(measureBytes(db, bytes, never, small), /on request/);
  const few = await measureBytes(db, bytes, never, { nTokens: 1, ms: 60_000, modelBytes: 1e9 });
  const all = await measureBytes(db, bytes, never);
  assert.ok(few.tokens.length > 0 && few.tokens.length <= all.tokens.length);
});

test('a document that has changed is not shown, and its region is instead', async () => {
  const study = exact;
  const { items } = listRegionGroups({ ...everything, study, by: 'document', offset: 0, limit: 1 });
  writeFileSync(corpus, `${rows.toReversed().join('\n')}\n`);
  const heat = await disclose(await getHeatMap({ study, documentId: items[0]!.key }, never), 'shown');
  assert.notEqual(heat.problem, null);
  assert.deepEqual(heat.windows, []);
  assert.ok(heat.text.length > 0 && texts.some((text) => text.includes(heat.text)));
  writeFileSync(corpus, `${rows.join('\n')}\n`);
});

test('two maps are compared by the windows that both have, and with themselves they agree', () => {
  const compared = compareMapFiles([exact, exact]);
  assert.deepEqual([compared.meanDifference.value, compared.nUnpaired], [0, 0]);
  assert.deepEqual([compared.firstKnows, compared.secondKnows], [[], []]);
  assert.ok(compared.nWindows > 0);
  const other = compareMapFiles([exact, running]);
  assert.ok(other.warnings.length > 0);
});

test('a report and training rows of a map are saved, whole or of chosen regions', async () => {
  const file = (name: string) => join(folder, name);
  await saveReport({ study: exact, format: 'md', file: file('map.md'), baseline: null });
  assert.match(readFileSync(file('map.md'), 'utf8'), /Extractable windows/);
  const all = { kind: 'view', filter: {}, baseline: null, grouping: 'flat', group: null } as const;
  const rows = file('rows.jsonl');
  assert.deepEqual(await saveTrainingRows({ study: exact, file: rows, chosen: all }), {
    nRows: 3,
    nUnlisted: 0,
  });
  const [first] = readFileSync(rows, 'utf8').split('\n');
  const { fragments } = JSON.parse(first!) as { readonly fragments: readonly string[] };
  const chosen = { kind: 'named', fingerprints: fragments.slice(0, 1) } as const;
  assert.equal((await saveTrainingRows({ study: exact, file: rows, chosen })).nRows, 1);
});

test('the dashboard says how the map was made, and holds its numbers', () => {
  const made = measureForDashboard(exact);
  assert.match(made.how, /^exact context, prefix 10, suffix 8, stride 8/);
  assert.equal(made.extractable.length, 28);
  assert.equal(made.documents.items.length, 3);
  assert.equal(made.control!.rows.length, 5);
  assert.ok(made.byCopies!.length > 0);
});

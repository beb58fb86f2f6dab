// Reports of a study that a stranger has changed, in every form: nothing of it acts.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseHTML } from 'linkedom';
import type { StudySummary } from '../../../protocol/study.ts';
import { compareStudies } from '../../../server/answers/compare-studies.ts';
import { comparisonMarkdown, comparisonTable } from '../../../server/formats/comparison-table.ts';
import { gatherReport } from '../../../server/formats/report-content.ts';
import { type ReportFormat, reportForms } from '../../../server/formats/report-forms.ts';
import { StudyDatabase } from '../../../server/store/study-database.ts';
import { readStudy } from '../../../server/store/study-table.ts';
import { summarise } from '../../../server/store/summary.ts';
import { hostileMark, hostileName, makeHostileStudy } from '../../support/hostile-study.ts';
import { scratchFolder } from '../../support/scratch.ts';
import { makeSmallStudy } from '../../support/small-study.ts';

const folder = scratchFolder();
const plain = await makeSmallStudy(`${folder}/plain`);
const hostile = await makeHostileStudy(`${folder}/hostile`);

/** Opened as it is: what opening a study checks is tried elsewhere. */
async function report(format: ReportFormat, file = hostile.file): Promise<string> {
  using db = new StudyDatabase(file, file);
  const known = summarise(db, file, false);
  const summary = file === plain.file ? known : changed(known);
  const baseline = { accepted: new Map(file === plain.file ? [] : [[`0${hostileName}`, hostileName]]) };
  const content = await gatherReport(db, summary, { places: 2, disclosure: 'shown', baseline });
  let text = '';
  for await (const line of reportForms[format].write(content, 'families')) text += `${line}\n`;
  return text;
}

/** Also where reading a plan refuses it today. */
function changed({ plan, ...summary }: StudySummary): StudySummary {
  const text = hostileName as never;
  const sampling = { ...plan.sampling, strategy: text, topK: text, seed: text };
  const rule = { ...plan.rule, minLines: text };
  return { ...summary, name: text, state: text, plan: { ...plan, sampling, rule } };
}

const controls = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u;

test('HTML has the elements and attributes of any report, and none of the stranger’s', async () => {
  const shapeOf = (page: string) => {
    const { document } = parseHTML(page);
    const elements = [...document.querySelectorAll('*')].filter((each) => !each.closest('svg'));
    const shapes = elements.map((each) => {
      const names = [...each.attributes].map(({ name }) => name).sort();
      return `${each.tagName} ${names.join(' ')}`;
    });
    return [...new Set(shapes)].sort();
  };
  const page = await report('html');
  assert(page.includes(hostileMark), 'it is there, as text');
  const known = shapeOf(await report('html', plain.file));
  assert.deepEqual(
    shapeOf(page).filter((shape) => !known.includes(shape)),
    [],
  );
  const { document } = parseHTML(page);
  for (const link of document.querySelectorAll('a')) {
    assert.match(
      link.getAttribute('href')!,
      /^(#(fragments|method-\d)$|https:\/\/(github\.com|huggingface\.co)\/)/,
    );
  }
});

test('Markdown has the headings and links of any report, and no HTML', async () => {
  const page = await report('md');
  assert(page.includes(hostileMark));
  const isBlock = /^(`{3,})\n[\s\S]*?^\1$/gm;
  const prose = page.replace(isBlock, '').replace(/(?<!`)(`+)(?!`)[\s\S]*?(?<!`)\1(?!`)/g, '<code>');
  assert(!prose.includes(hostileMark) || /\\:\/\/evil/.test(prose), prose);
  assert(!/(?<!\\)\[(?!perhaps this file|shard on the Hub)/.test(prose), 'no link');
  assert(!/(?<!\\)<(?!code>)/.test(prose), 'no HTML');
  assert.deepEqual(
    [...new Set(prose.split('\n').flatMap((line) => /^#+ (?:What|\w+)?/.exec(line) ?? []))].filter(
      (heading) => !/^(# What|## (Measures|What|Predictors|Kinds|Sensitive|Fragments)|### \d+)/.test(heading),
    ),
    [],
  );
  assert(!controls.test(page.replaceAll(/[\n\t]/g, '')));
});

test('the table and the comparison keep one line a line', async () => {
  using a = new StudyDatabase(plain.file, plain.file);
  using b = new StudyDatabase(hostile.file, hostile.file);
  const comparison = compareStudies(
    [a, b].map((db, i) => ({ name: i === 0 ? 'a' : hostileName, db, plan: readStudy(db)!.plan })),
  );
  const markdown = [...comparisonMarkdown(comparison)];
  for (const line of markdown) assert(!controls.test(line), line);
  const nBars = markdown[0]!.split(/(?<!\\)\|/).length;
  assert(
    nBars === markdown[2]!.split(/(?<!\\)\|/).length && nBars === markdown[3]!.split(/(?<!\\)\|/).length,
  );
  for (const line of comparisonTable(comparison)) assert(!controls.test(line), line);
  for (const line of (await report('table')).split('\n')) assert(!controls.test(line), line);
});

test('SARIF messages hold no links but ours, and addresses lead nowhere else', async () => {
  const { runs } = JSON.parse(await report('sarif'));
  assert(runs[0].results.length > 0);
  const reasons = runs[0].results.flatMap(({ suppressions = [] }: typeof runs) => suppressions);
  assert(reasons.length > 0);
  for (const { justification } of reasons) assert(!controls.test(justification), justification);
  for (const { message, relatedLocations } of runs[0].results) {
    const texts = [message.text, ...relatedLocations.map(({ message: m }: typeof runs) => m.text)];
    for (const text of texts) {
      assert(!/(?<!\\)\[(?!perhaps this file|shard on the Hub)/.test(text), text);
    }
    for (const { physicalLocation } of relatedLocations) {
      const { uri } = physicalLocation.artifactLocation;
      assert.equal(new URL(uri, 'file:///here/').href, `file:///here/${uri}`);
    }
  }
});

test('JSON is the values themselves, with nothing in it that a terminal acts on', async () => {
  const text = await report('json');
  assert(!controls.test(text.replaceAll('\n', '')));
  assert.equal(JSON.parse(text).fragments[0].fingerprint, `0${hostileName}`);
});

test('no cell of CSV is a formula', async () => {
  const text = await report('csv');
  assert(text.includes(hostileMark));
  for (const separator of [/^/m, /;/, /\t/]) {
    for (const cell of text.split(separator)) assert(!/^["\s]*[=+@]/.test(cell), cell.slice(0, 80));
  }
});

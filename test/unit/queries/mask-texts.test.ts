// What the editor is shown of sensitive content, unless it asks for more, and that nobody can forget to mask it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { foreign, rawText } from '../../../guard/text/foreign.ts';
import type { FragmentRow, Page, SampleOccurrence, SampleText } from '../../../protocol/fragments.ts';
import { disclose, Undisclosed } from '../../../server/answers/undisclosed.ts';
import type { HoldsText } from '../../../server/queries/holds-text.ts';
import { withLabels } from '../../../server/queries/mask-texts.ts';
import type { Given } from '../../../server/queries/study-answers.ts';
import { getDocument, getFragment, getSample } from '../../../server/queries/study-queries.ts';
import { viewFragments } from '../../../server/queries/view-queries.ts';
import { openForReading } from '../../../server/store/study-file.ts';
import { flatView } from '../../support/flat-view.ts';
import { scratchFolder } from '../../support/scratch.ts';
import { leakedAddress, leakedToken, makeSmallStudy } from '../../support/small-study.ts';

test('samples, documents, fragments and labels are masked line by line, and shown on request', async () => {
  const { file } = await makeSmallStudy(scratchFolder());
  const view = viewFragments({ ...flatView, study: file, order: 'train', offset: 0, limit: 100 });
  const { items: rows } = await disclose(view, 'masked');
  using db = openForReading(file);
  const documents = db.prepare('SELECT document_id FROM documents').all();
  const never = new AbortController().signal;
  const closed: Undisclosed<{ readonly text: string }>[] = [
    ...rows.map(({ fingerprint }) => getFragment(file, fingerprint)),
    ...[0, 1, 2, 3, 4, 5].map((sampleId) => getSample(file, sampleId)),
    ...(await Promise.all(documents.map(({ document_id: id }) => getDocument(file, Number(id), never)))),
  ];
  let nLeaking = 0;
  for (const item of closed) {
    const { text: shown } = await disclose(item, 'shown');
    const { text: masked } = await disclose(item, 'masked');
    assert(!masked.includes(leakedToken) && !masked.includes(leakedAddress));
    assert.equal(masked.split('\n').length, shown.split('\n').length);
    if (shown.includes(leakedToken) && shown.includes(leakedAddress)) nLeaking++;
    else assert.equal(masked, shown);
  }
  assert.equal(nLeaking, 3, 'a fragment, a sample and a document');
  // Labels are made the line with the token.
  const labels = {
    items: rows.map((row) => ({ ...row, firstLine: foreign(leakedToken) })),
    offset: 0,
    total: 0,
  };
  const leaking = (page: Page<FragmentRow>) =>
    page.items.filter(({ firstLine }) => rawText(firstLine) === leakedToken);
  const labelled = withLabels(db, labels);
  assert.equal(leaking(await disclose(labelled, 'shown')).length, rows.length);
  assert.equal(leaking(await disclose(labelled, 'masked')).length, rows.length - 1);
});

test('what is closed gives nothing away, whatever is done with it', () => {
  const closed = new Undisclosed({ text: leakedToken }, () => ({ text: '' }));
  assert.equal(JSON.stringify({ closed }), '{"closed":{}}');
  assert(!`${closed}${Object.entries(closed)}`.includes(leakedToken));
  assert.deepEqual(structuredClone(closed), {});
});

test('the compiler knows which results hold texts, and refuses one that is open', () => {
  const texts: HoldsText<SampleText> = true;
  const labels: HoldsText<Page<FragmentRow>> = true;
  const deep: HoldsText<{ a: readonly { b: { text: string | null } }[] }> = true;
  const places: HoldsText<Page<SampleOccurrence>> = false;
  // @ts-expect-error a sample holds its text
  const wrong: HoldsText<SampleText> = false;
  const sample: SampleText = { sampleId: 0, isLoop: false, text: '', marks: [] };
  // @ts-expect-error it must be closed
  const open: Given<SampleText> = sample;
  const closed: Given<SampleText> = new Undisclosed(sample, () => sample);
  const free: Given<Page<SampleOccurrence>> = { items: [], offset: 0, total: 0 };
  assert(texts && labels && deep && !places && !wrong && open && closed && free);
});

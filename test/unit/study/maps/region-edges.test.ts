// A region is cut out of its document wherever a window begins: nothing shows of a secret that it is the middle of.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { rawText } from '../../../../guard/text/foreign.ts';
import type { StudyPlan } from '../../../../protocol/study.ts';
import { maskRanges } from '../../../../server/analysis/sensitive.ts';
import { disclose } from '../../../../server/answers/undisclosed.ts';
import { defaultMap } from '../../../../server/plan/plan.ts';
import * as queries from '../../../../server/queries/map-queries.ts';
import { findSensitiveInside } from '../../../../server/sensitive/find-inside.ts';
import { surroundRegions } from '../../../../server/study/maps/surround-regions.ts';
import { runStudy } from '../../../../server/study/run-study.ts';
import { cli } from '../../../support/cli.ts';
import { modelPlan } from '../../../support/plans.ts';
import { writeRandomCheckpoint } from '../../../support/sampling/random-checkpoint.ts';
import { scratchFolder } from '../../../support/scratch.ts';

const folder = scratchFolder();
/** Put together here, so that no scanner takes this file for a leak. */
const token = `ghp_${'wWPw5k4aXcaT4fNP0UcnZwJUVFk6LO0pINUx'}`;
const address = 'jane.doe@mail.some-company.com';
const body = Array.from({ length: 30 }, (_, i) => createHash('sha384').update(`${i}`).digest('base64'));
const mark = (which: string) => `-----${which} RSA ${'PRIVATE'} KEY-----`;
const key = [mark('BEGIN'), ...body, mark('END')].join('\n');
const text = `é = 1\nkey = "${token}"  # of ${address}\nprint(key)\n${key}\nx = 2\n`;
const secrets = [token, address, ...body];

test('whichever bytes a region holds, no six characters of a secret that it is cut out of are shown', async () => {
  const bytes = Buffer.from(text);
  const decode = (part: Uint8Array) => new TextDecoder().decode(part);
  const cuts = [];
  for (let start = 0; start < bytes.length; start += 7) {
    for (const length of [9, 40, 300, bytes.length]) {
      const region = {
        ...{ byteOffset: start, text: bytes.subarray(start, start + length), firstLine: 1, lastLine: 1 },
        ...{ nWindows: 1, bestLogp: 0, fingerprint: '' },
      };
      const [whole] = surroundRegions(bytes, [region]);
      const [before, own, after] = [whole!.before, whole!.text, whole!.after].map(decode);
      assert.equal(own, decode(region.text));
      cuts.push({ before: before!, text: own!, after: after! });
    }
  }
  let nMasked = 0;
  for await (const { item, ranges } of findSensitiveInside(cuts)) {
    const shown = maskRanges(item.text, ranges);
    if (ranges.length > 0) nMasked++;
    for (const secret of secrets) {
      for (let at = 0; at + 6 <= secret.length; at++) {
        const piece = secret.slice(at, at + 6);
        assert(!shown.includes(piece), `${piece} of ${secret} in ${shown}`);
      }
    }
  }
  assert(nMasked > cuts.length / 2 && nMasked < cuts.length, `${nMasked} of ${cuts.length}`);
});

test('what is shown of a map’s regions hides them, too: in reports, in the tree, and where the document is gone', async () => {
  const model = writeRandomCheckpoint(join(folder, 'model'));
  const corpus = join(folder, 'corpus.jsonl');
  const document = `${token} = 1\nprint(2)\n`;
  writeFileSync(corpus, `${JSON.stringify({ content: document })}\n`);
  // The first tokens are a prefix only, so that the region begins inside of the secret.
  const plan: StudyPlan = {
    ...modelPlan(model, [corpus], { topK: 0 }),
    source: { kind: 'map', model },
    map: { ...defaultMap, prefix: 3, suffix: 1, stride: 1, keep: 1e-30 },
  };
  const file = join(folder, 'map.sqlite');
  await runStudy({
    ...{ file, plan, upTo: 'analyse', signal: new AbortController().signal, report: () => {} },
    execution: { provider: 'cpu', batch: 'auto', workers: 1 },
  });
  const rest = token.slice(-12);
  const report = (...more: readonly string[]) => cli('report', file, '--format', 'json', ...more);
  assert((await report('--show-sensitive')).stdout.includes(rest));
  const [region] = JSON.parse((await report()).stdout).regions;
  assert.deepEqual(region.sensitive, ['secret']);
  assert(!region.text.includes(rest) && region.text.includes('print(2)'), region.text);
  const listed = queries.listRegions({
    filter: {},
    baseline: null,
    study: file,
    by: 'document',
    key: 0,
    offset: 0,
    limit: 10,
  });
  const page = await disclose(listed, 'masked');
  assert.equal(page.items.length, 1);
  assert(!rawText(page.items[0]!.text).includes(rest));
  rmSync(corpus);
  const heat = await queries.getHeatMap({ study: file, documentId: 0 }, new AbortController().signal);
  const shown = await disclose(heat, 'masked');
  assert(!shown.text.includes(rest) && shown.text.includes('print(2)'), shown.text);
});

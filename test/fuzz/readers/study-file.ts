// The reader of study files: everything that the editor, a report, an export or a comparison reads of one.

import {
  copyFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { getComparison } from '../../../protocol/comparison.ts';
import { getDashboard, listDashboardFragments } from '../../../protocol/dashboard.ts';
import { findMemorised } from '../../../protocol/find-memorised.ts';
import type { Message } from '../../../protocol/message.ts';
import * as requests from '../../../protocol/requests.ts';
import * as views from '../../../protocol/views.ts';
import { compareFragments, compareStudies } from '../../../server/answers/compare-studies.ts';
import { VerbatimError } from '../../../server/errors.ts';
import { exportStudy } from '../../../server/formats/published/export-study.ts';
import { gatherReport } from '../../../server/formats/report-content.ts';
import { reportForms } from '../../../server/formats/report-forms.ts';
import { studyAnswers } from '../../../server/queries/study-answers.ts';
import { diagnose } from '../../../server/store/study-damage.ts';
import { openForReading } from '../../../server/store/study-file.ts';
import { readStudy } from '../../../server/store/study-table.ts';
import { summarise } from '../../../server/store/summary.ts';
import { flatView } from '../../support/flat-view.ts';
import { makeSmallStudy } from '../../support/small-study.ts';
import { sameEveryTime } from '../same-every-time.ts';

const DAY = new Date('2026-01-01T00:00:00.000Z');
let healthy:
  | Promise<{ readonly file: string; readonly fingerprint: string; readonly documentId: number }>
  | undefined;

async function seeds(): Promise<readonly Uint8Array[]> {
  const { file } = await theHealthy();
  return [sameEveryTime(readFileSync(file), dirname(file))];
}

/** Throws what nobody could act on: anything but a failure that names the file. */
async function read(bytes: Uint8Array): Promise<'read' | 'refused'> {
  const folder = mkdtempSync(join(tmpdir(), 'verbatim-fuzz-'));
  const file = join(folder, 's.sqlite');
  let isRefused = false;
  try {
    writeFileSync(file, bytes);
    for (const work of await readings(file, folder)) {
      try {
        await work();
      } catch (cause) {
        const error = diagnose(cause, [file]);
        if (!(error instanceof VerbatimError)) throw error;
        isRefused = true;
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return isRefused ? 'refused' : 'read';
}

/** A database knows how many pages it has. */
export const harness = { seeds, read, isDamage: () => true };

async function readings(file: string, folder: string): Promise<readonly (() => Promise<unknown>)[]> {
  const { fingerprint, documentId, file: other } = await theHealthy();
  const signal = AbortSignal.timeout(60_000);
  const ask =
    <Params>({ method }: Message<Params, unknown>, params: Params) =>
    () =>
      studyAnswers.get(method)!(params, { disclosure: 'masked', signal });
  const study = file;
  const page = { study, offset: 0, limit: 50 };
  const view = { ...flatView, ...page, order: 'train' } as const;
  return [
    ask(requests.getStudy, { study }),
    ask(getDashboard, { study }),
    ask(listDashboardFragments, { ...page, order: 'train', selection: { kind: 'all' } }),
    ask(requests.getFragment, { study, fingerprint }),
    ask(requests.listTrainOccurrences, { ...page, fingerprint }),
    ask(requests.listSampleOccurrences, { ...page, fingerprint }),
    ...[0, 1, 4].map((sampleId) => ask(requests.getSample, { study, sampleId })),
    ask(requests.getDocument, { study, documentId }),
    ask(getComparison, { study, fingerprint }),
    ask(views.viewFragments, view),
    ask(views.viewFragments, { ...view, grouping: 'family', order: 'length' }),
    ask(views.viewFragments, { ...view, filter: { text: 'total', isSensitive: true } }),
    ...(['category', 'licence', 'repository', 'sample'] as const).map((grouping) =>
      ask(views.listGroups, { ...page, filter: {}, baseline: null, grouping }),
    ),
    ask(views.listTrainingRows, { study, fingerprint }),
    ask(findMemorised, { studies: [study], text: 'total = 0\nfor item in items:\n' }),
    async () => {
      using db = openForReading(file);
      const options = { places: 3, disclosure: 'masked', baseline: null } as const;
      const content = await gatherReport(db, summarise(db, file, false), options);
      for (const { write } of Object.values(reportForms)) {
        for await (const _ of write(content, 'families'));
      }
    },
    async () => {
      using db = openForReading(file);
      await exportStudy(db, join(folder, 'exported'), 'masked');
    },
    async () => {
      using a = openForReading(file);
      using b = openForReading(other);
      const studies = [a, b].map((db, i) => ({ name: String(i), plan: readStudy(db)!.plan, db }));
      compareStudies(studies);
      compareFragments(studies);
    },
  ];
}

async function theHealthy() {
  healthy ??= (async () => {
    const folder = mkdtempSync(join(tmpdir(), 'verbatim-fuzz-'));
    const { file: made, corpus } = await makeSmallStudy(folder);
    const file = join(folder, 'healthy.sqlite');
    copyFileSync(made, file);
    using db = new DatabaseSync(file);
    // Without the hour and the digests of paths: the same seed every time.
    db.exec(`UPDATE study SET created_at = '${DAY.toISOString()}', elapsed_ms = 1000;
      UPDATE stages SET done_at = '${DAY.toISOString()}', inputs_digest = '${'0'.repeat(64)}';
      UPDATE shards SET modified_ms = ${DAY.valueOf()}`);
    for (const name of readdirSync(corpus)) utimesSync(join(corpus, name), DAY, DAY);
    // One file, without a log beside it.
    db.exec('PRAGMA journal_mode = DELETE; VACUUM');
    const of = (sql: string) => Object.values(db.prepare(sql).get()!)[0];
    process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
    return {
      file,
      fingerprint: String(of('SELECT fingerprint FROM fragments ORDER BY fragment_id')),
      documentId: Number(of('SELECT min(document_id) FROM documents')),
    };
  })();
  return await healthy;
}

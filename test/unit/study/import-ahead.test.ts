// An import gives the same study whatever its other thread does: works, is late, fails, or dies.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { exportStudy } from '../../../server/formats/published/export-study.ts';
import { importStudy, type Meanwhile } from '../../../server/formats/published/import-study.ts';
import { openForReading } from '../../../server/store/study-file.ts';
import { ImportAhead } from '../../../server/study/import-ahead.ts';
import { keepImportedStudy } from '../../../server/study/keep-imported-study.ts';
import { scratchFolder } from '../../support/scratch.ts';
import { makeSmallStudy } from '../../support/small-study.ts';

const folder = scratchFolder();
{
  using db = openForReading((await makeSmallStudy(scratchFolder())).file);
  await exportStudy(db, folder, 'shown');
}

/** All that the study holds, but for when it was made. */
function tablesOf(path: string): Readonly<Record<string, unknown>> {
  using db = openForReading(path);
  const tables = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY 1").all();
  const dated = new Set(['stages', 'study']);
  return Object.fromEntries(
    tables
      .map(({ name }) => String(name))
      .filter((name) => !dated.has(name) && name !== 'fragment_words')
      .map((name) => [name, db.prepare(`SELECT * FROM ${name}`).all()]),
  );
}

async function imported(ahead: (Meanwhile & Pick<ImportAhead, 'measure' | 'end'>) | undefined) {
  const path = join(scratchFolder(), 's.sqlite');
  await keepImportedStudy(path, await importStudy(folder, undefined, ahead), ahead);
  return tablesOf(path);
}

const alone = await imported(undefined);
assert((alone.fragments as unknown[]).length > 0 && (alone.train_occurrences as unknown[]).length > 0);

/** A thread that runs this program. */
function aheadWith(program: string): ImportAhead {
  const path = join(scratchFolder(), 'thread.mjs');
  writeFileSync(path, program);
  const ahead = new ImportAhead(pathToFileURL(path), 0);
  after(() => ahead.end());
  return ahead;
}

test('a thread that reads the logs and measures the samples', async () => {
  await using ahead = new ImportAhead(undefined, 0);
  let nAsked = 0;
  const asked: Meanwhile & Pick<ImportAhead, 'measure' | 'end'> = {
    gatherPlaces: (...of) => {
      const gathered = ahead.gatherPlaces(...of);
      return async () => {
        const places = await gathered();
        assert(places !== undefined, 'it read the logs');
        nAsked++;
        return places;
      };
    },
    onTexts: (texts) => ahead.onTexts(texts),
    measure: (index) => ahead.measure(index),
    end: () => ahead.end(),
  };
  assert.deepEqual(await imported(asked), alone);
  assert.equal(nAsked, 1);
});

const programs = {
  'dies at once': 'process.exit(1);',
  'cannot begin': 'import "./nowhere.mjs";',
  'throws when it is asked': `import { parentPort } from 'node:worker_threads';
    parentPort.on('message', () => { throw new Error('no'); });`,
  'dies later': `import { parentPort } from 'node:worker_threads';
    parentPort.on('message', () => setTimeout(() => process.exit(1), 200));`,
  'takes samples and measures none': `import { parentPort } from 'node:worker_threads';
    parentPort.on('message', ({ kind, measures }) => {
      if (kind === 'gather') process.exit(0);
      measures.states.fill(1);
    });`,
};
for (const [what, program] of Object.entries(programs)) {
  test(`a thread that ${what}`, async () => {
    assert.deepEqual(await imported(aheadWith(program)), alone);
  });
}

test('a thread that is late, or quicker than the samples', async () => {
  for (const waitMs of [0, 300]) {
    await using ahead = new ImportAhead(undefined, 0);
    const late: Meanwhile & Pick<ImportAhead, 'measure' | 'end'> = {
      gatherPlaces(...of) {
        const gathered = ahead.gatherPlaces(...of);
        return async () => {
          await setTimeout(waitMs);
          return await gathered();
        };
      },
      onTexts: (texts) => ahead.onTexts(texts),
      measure: (index) => ahead.measure(index),
      end: () => ahead.end(),
    };
    assert.deepEqual(await imported(late), alone);
  }
});

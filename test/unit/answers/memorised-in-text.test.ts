// Fragments of a study in any text: equal to what the engine says of samples, and to brute force on texts that are
// put together from pieces of the study.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import type { FoundMark } from '../../../protocol/find-memorised.ts';
import type { MatchRule } from '../../../protocol/study.ts';
import { fragmentsByWords } from '../../../server/answers/fragments-by-words.ts';
import { disclose } from '../../../server/answers/undisclosed.ts';
import { normaliseLine } from '../../../server/engine/normalise-line.ts';
import { finish } from '../../../server/engine/steps.ts';
import { findMemorised } from '../../../server/queries/find-memorised.ts';
import { getSample } from '../../../server/queries/study-queries.ts';
import { wholeWords } from '../../../server/store/fragment-words.ts';
import { forgetStage } from '../../../server/store/stages-table.ts';
import { openForReading, openForWriting } from '../../../server/store/study-file.ts';
import { runs } from '../../support/in-ci.ts';
import { scratchFolder } from '../../support/scratch.ts';
import { makeSmallStudy } from '../../support/small-study.ts';

const folder = scratchFolder();
const { file: study } = await makeSmallStudy(folder);
const never = new AbortController().signal;
const rule: MatchRule = { minLines: 6, profile: 'exact-1' };

const fragments = (() => {
  using db = openForReading(study);
  return db
    .prepare('SELECT fragment_id, fingerprint, text, train FROM fragments ORDER BY fragment_id')
    .all()
    .map((row) => ({
      fragmentId: Number(row.fragment_id),
      fingerprint: String(row.fingerprint),
      train: Number(row.train),
      lines: new TextDecoder().decode(row.text as Uint8Array).split('\n'),
    }));
})();

const placeOf = ({ fingerprint, firstLine, lastLine, train }: Omit<FoundMark, 'study' | 'extent'>) =>
  `${firstLine}-${lastLine} ${fingerprint} ${train}`;

test('a sample has the marks that its study gave it, wherever its text stands', async () => {
  assert.ok(fragments.length > 0);
  for (const sampleId of [0, 1, 2, 3, 4, 5]) {
    const { text, marks } = await disclose(getSample(study, sampleId), 'shown');
    const found = await findMemorised([study], text, never);
    assert.deepEqual(found.marks.map(placeOf), marks.map(placeOf));
    assert.ok(found.marks.every((mark) => mark.extent === 'whole' && mark.study === study));
    assert.deepEqual([found.nFragments, found.unsearched], [fragments.length, []]);
    // Other indents, ends of lines and blank lines are the same to this rule.
    const elsewhere = `before\r\n\r\n${text
      .split('\n')
      .map((line) => `\t${line}  `)
      .join('\r\n')}\r\nafter`;
    const moved = await findMemorised([study], elsewhere, never);
    const expected = marks.map((m) => ({ ...m, firstLine: m.firstLine + 2, lastLine: m.lastLine + 2 }));
    assert.deepEqual(moved.marks.map(placeOf), expected.map(placeOf));
  }
});

/** Lines of fragments from somewhere to somewhere, and lines of nobody. */
const piece = fc.oneof(
  fc.record({ fragment: fc.nat(), from: fc.nat(4), drop: fc.nat(4) }).map(({ fragment, from, drop }) => {
    const { lines } = fragments[fragment % fragments.length]!;
    return lines.slice(from, lines.length - drop);
  }),
  fc.constantFrom(['x = 1'], [''], ['return None', '']),
);

test('wholes and parts are those of brute force', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { minLength: 1, maxLength: 6 }), async (pieces) => {
      const lines = pieces.flat();
      const { marks } = await findMemorised([study], lines.join('\n'), never);
      assert.deepEqual(
        marks.map(({ firstLine, lastLine, extent, train }) => ({ firstLine, lastLine, extent, train })),
        bruteForce(lines),
      );
    }),
    { numRuns: runs(300) },
  );
});

test('words leave out no fragment that shares a run of lines, however common they are', () => {
  using db = openForReading(study);
  fc.assert(
    fc.property(
      fc.array(piece, { minLength: 1, maxLength: 6 }),
      fc.constantFrom(1, 2, 3, 2000),
      (pieces, common) => {
        const lines = pieces.flat();
        const near = finish(fragmentsByWords(db, rule, new TextEncoder().encode(lines.join('\r')), common));
        assert.ok(near !== undefined, 'Every run of these lines holds words');
        assert.deepEqual(
          near,
          near.toSorted((a, b) => a - b),
        );
        const runs = new Set(runsOf(lines));
        const sharing = fragments
          .filter((fragment) => runsOf(fragment.lines).some((run) => runs.has(run)))
          .map(({ fragmentId }) => fragmentId);
        assert.deepEqual(
          sharing.filter((fragmentId) => !near.includes(fragmentId)),
          [],
        );
        // Lines that no fragment holds bring none along.
        if (sharing.length === 0 && common > fragments.length) assert.ok(near.length < fragments.length);
      },
    ),
    { numRuns: runs(200) },
  );
});

test('a line has the words of what a profile makes of it', () => {
  const line = fc
    .array(fc.constantFrom('x', 'Foo', '_', ' ', '.', '+', 'é', '\u00a0', '9', '\t', '"', '\x7f'))
    .map((all) => all.join(''));
  fc.assert(
    fc.property(line, fc.constantFrom('exact-1', 'text-1'), (text, profile) => {
      const bytes = new TextEncoder().encode(text);
      const out = new Uint8Array(2 * bytes.length);
      const end = normaliseLine(profile, bytes, 0, bytes.length, out, 0);
      assert.deepEqual(wholeWords(new TextDecoder().decode(out.subarray(0, end))), wholeWords(text));
    }),
  );
});

test('lines without words are looked for in every fragment', () => {
  using db = openForReading(study);
  const near = (text: string) => finish(fragmentsByWords(db, rule, new TextEncoder().encode(text)));
  assert.equal(near('}\n)\n]\n}\n)\n]\n'), undefined);
  assert.deepEqual(near('}\n)\n]\n}\n)\n'), []);
  assert.deepEqual(near(`${'neverheard '.repeat(3)}\n`.repeat(9)), []);
});

test('what was not looked at is never called clean', async () => {
  const { file } = await makeSmallStudy(scratchFolder(), 'other');
  const { text } = await disclose(getSample(file, 1), 'shown');
  const late = await findMemorised([file], text, never, -1);
  assert.deepEqual(late.unsearched, [{ study: file, reason: 'too-slow' }]);
  using db = openForWriting(file);
  forgetStage(db, 'analyse');
  const found = await findMemorised([file, study], text, never);
  assert.deepEqual(found.unsearched, [{ study: file, reason: 'not-analysed' }]);
  assert.ok(found.marks.every((mark) => mark.study === study) && found.marks.length > 0);
});

test('a text of any size is refused or answered, and a search can be cancelled', async () => {
  const large = 'total = 0\n'.repeat(400_000);
  assert.deepEqual((await findMemorised([study], large, never)).marks, []);
  await assert.rejects(findMemorised([study], `${large}${large}`, never), { name: 'UserError' });
  await assert.rejects(findMemorised([study], large, AbortSignal.abort()), { name: 'Cancelled' });
  const missing = join(folder, 'none.sqlite');
  await assert.rejects(findMemorised([missing], 'x', never), { name: 'UserError' });
});

/** Runs of as many lines as the rule asks for. */
const runsOf = (raw: readonly string[]): readonly string[] => {
  const lines = raw.map(normalised).filter((line) => line !== '');
  return lines.slice(rule.minLines - 1).map((_, i) => lines.slice(i, i + rule.minLines).join('\n'));
};

/** All places of all fragments, and of parts of them that cannot be made longer and lie in no other mark. */
function bruteForce(raw: readonly string[]) {
  const text = raw
    .map((line, i) => ({ line: normalised(line), number: i + 1 }))
    .filter(({ line }) => line !== '');
  const wholes: Found[] = [];
  const parts: Found[] = [];
  for (const { lines, train } of fragments) {
    for (let at = 0; at < text.length; at++) {
      for (let from = 0; from < lines.length; from++) {
        if (at > 0 && from > 0 && text[at - 1]!.line === lines[from - 1]) continue;
        let n = 0;
        while (at + n < text.length && from + n < lines.length && text[at + n]!.line === lines[from + n]) n++;
        if (n < rule.minLines) continue;
        const range = { firstLine: text[at]!.number, lastLine: text[at + n - 1]!.number };
        if (n === lines.length) wholes.push({ ...range, extent: 'whole', train });
        else parts.push({ ...range, extent: 'part', train });
      }
    }
  }
  const kept: Found[] = [];
  for (const part of parts) {
    const same = parts.filter((p) => p.firstLine === part.firstLine && p.lastLine === part.lastLine);
    const train = Math.max(...same.map((p) => p.train));
    const isInside = (other: Found) => other.firstLine <= part.firstLine && other.lastLine >= part.lastLine;
    const isLess = parts.some((p) => isInside(p) && !same.includes(p));
    const isTwice = kept.some((p) => p.firstLine === part.firstLine && p.lastLine === part.lastLine);
    if (!isLess && !isTwice && !wholes.some(isInside)) kept.push({ ...part, train });
  }
  return [...wholes, ...kept].sort(
    (a, b) =>
      a.firstLine - b.firstLine ||
      b.lastLine - a.lastLine ||
      b.extent.localeCompare(a.extent) ||
      b.train - a.train,
  );
}

interface Found {
  readonly firstLine: number;
  readonly lastLine: number;
  readonly extent: FoundMark['extent'];
  readonly train: number;
}

function normalised(line: string): string {
  const bytes = new TextEncoder().encode(line);
  const out = new Uint8Array(2 * bytes.length);
  return new TextDecoder().decode(
    out.subarray(0, normaliseLine(rule.profile, bytes, 0, bytes.length, out, 0)),
  );
}

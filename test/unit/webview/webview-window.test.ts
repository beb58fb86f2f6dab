// Which rows of the dashboard's list are drawn: whatever the scroll bar says, those that are seen are among
// them, they are few, and every row can be brought to the top.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ROW_PX, rowAt, scrollTopOf, virtualWindow } from '../../../webview/virtual-window.ts';

const lists = fc.record({
  nRows: fc.oneof(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 0, max: 5_000_000 })),
  heightPx: fc.integer({ min: 60, max: 2000 }),
  share: fc.double({ min: 0, max: 1, noNaN: true }),
});

test('the rows that are seen are drawn, without a gap and few at a time', () => {
  fc.assert(
    fc.property(lists, ({ nRows, heightPx, share }) => {
      const { bodyPx } = virtualWindow(0, heightPx, nRows);
      const scrollTop = share * Math.max(0, bodyPx - heightPx);
      const { first, end, topPx } = virtualWindow(scrollTop, heightPx, nRows);
      const bottomPx = topPx + (end - first) * ROW_PX;
      assert.ok(first >= 0 && end <= nRows);
      assert.ok(end - first <= heightPx / ROW_PX + 15, `${end - first} rows`);
      assert.ok(first === 0 || topPx <= scrollTop, 'nothing is missing above');
      assert.ok(end === nRows || bottomPx >= scrollTop + heightPx, 'nothing is missing below');
      assert.ok(bodyPx < 17_000_000, 'browsers draw it');
      assert.ok(bottomPx <= bodyPx + 1, 'the last row is inside');
    }),
  );
});

test('every row can be brought into view', () => {
  fc.assert(
    fc.property(lists, ({ nRows, heightPx, share }) => {
      fc.pre(nRows > 0);
      const row = Math.floor(share * (nRows - 1));
      const scrollTop = scrollTopOf(row, heightPx, nRows);
      const top = rowAt(scrollTop, heightPx, nRows);
      assert.ok(top <= row + 0.01 && row < top + heightPx / ROW_PX + 0.01, `${row} with ${top} at the top`);
    }),
  );
});

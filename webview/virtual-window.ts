// Which rows of a long list are to be drawn, and where. Pure. A list may be longer than a page can be tall
// (browsers end at about 33 million pixels): then the scroll bar's way stands for the whole of it.

export const ROW_PX = 30;
const TALLEST_PX = 12_000_000;
/** Rows that are drawn above and below those that are seen. */
const SPARE = 6;

export interface VirtualWindow {
  readonly first: number;
  /** The row after the last one that is drawn. */
  readonly end: number;
  /** Pixels of the row `first` from the top of the list's body. */
  readonly topPx: number;
  readonly bodyPx: number;
}

export function virtualWindow(scrollTop: number, heightPx: number, nRows: number): VirtualWindow {
  const bodyPx = Math.min(nRows * ROW_PX, TALLEST_PX);
  const most = Math.max(0, bodyPx - heightPx);
  const scrolled = Math.min(Math.max(0, scrollTop), most);
  const row = rowAt(scrolled, heightPx, nRows);
  const first = Math.max(0, Math.floor(row) - SPARE);
  const end = Math.min(nRows, Math.ceil(row + heightPx / ROW_PX) + SPARE);
  return { first, end, topPx: scrolled - (row - first) * ROW_PX, bodyPx };
}

/** The scroll position at which a row stands first. */
export function scrollTopOf(row: number, heightPx: number, nRows: number): number {
  const bodyPx = Math.min(nRows * ROW_PX, TALLEST_PX);
  if (bodyPx === nRows * ROW_PX) return Math.min(row * ROW_PX, Math.max(0, bodyPx - heightPx));
  const lastFirst = Math.max(1, nRows - heightPx / ROW_PX);
  return (Math.min(row, lastFirst) / lastFirst) * (bodyPx - heightPx);
}

/** The row at the top, with the part of it that is scrolled past. */
export function rowAt(scrollTop: number, heightPx: number, nRows: number): number {
  const bodyPx = Math.min(nRows * ROW_PX, TALLEST_PX);
  if (bodyPx === nRows * ROW_PX) return scrollTop / ROW_PX;
  return (scrollTop / (bodyPx - heightPx)) * Math.max(0, nRows - heightPx / ROW_PX);
}

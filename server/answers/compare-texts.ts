// Which lines of a sample and of a training document agree: those of one fragment, wherever most lines around them do,
// and all others by the same rule. It opens nothing.

import type { EqualLines } from '../../protocol/comparison.ts';
import type { TextRange } from '../../protocol/fragments.ts';
import type { MatchRule } from '../../protocol/study.ts';
import {
  bestAgreement,
  firstPlaceOf,
  otherEqualLines,
  rawRange,
  significantLines,
} from '../engine/equal-lines.ts';

export interface TextToCompare {
  readonly bytes: Uint8Array;
  /** The fragment's first line, if a place of it was chosen. */
  readonly chosenLine: number | undefined;
  /** The fragment's place if the text does not hold all of it, or has changed since. */
  readonly place: TextRange;
}

export interface ComparedTexts {
  /** Significant lines in a row that agree, those of the fragment among them. */
  readonly nEqualLines: number;
  readonly left: EqualLines;
  readonly right: EqualLines;
}

export function compareTexts(
  { minLines, profile }: MatchRule,
  fragment: Uint8Array,
  left: TextToCompare,
  right: TextToCompare,
): ComparedTexts {
  const { keys } = significantLines(fragment, profile);
  const lines = {
    left: significantLines(left.bytes, profile),
    right: significantLines(right.bytes, profile),
  };
  const chosen = { left: left.chosenLine, right: right.chosenLine };
  const found = bestAgreement(keys, lines.left, lines.right, chosen);
  const inRight = found?.right ?? firstPlaceOf(keys, lines.right, chosen.right);
  const places = {
    left: found ? rawRange(lines.left, found.left, keys.length) : left.place,
    right: inRight === undefined ? right.place : rawRange(lines.right, inRight, keys.length),
  };
  const others = otherEqualLines(lines.left, lines.right, minLines, places);
  return {
    nEqualLines: found?.nLines ?? left.place.lastLine - left.place.firstLine + 1,
    left: { fragment: places.left, others: others.left },
    right: { fragment: places.right, others: others.right },
  };
}

// Which of a machine's cards a process may use: a scheduler says so in CUDA_VISIBLE_DEVICES, and the driver goes by it. The driver's own
// tool does not, and neither does WebGPU. Pure.

import type { FoundDevice } from './device-system.ts';

export interface Card extends FoundDevice {
  readonly index: number;
  /** GPU-… in the driver’s own writing; empty where it does not tell. */
  readonly uuid: string;
}

/** Undefined: a card that the tool does not list, such as a part of one. */
export type VisibleCard = Card | undefined;

/** Cards in the order in which the driver numbers them, as CUDA documents the variable: what comes behind a name that is none is hidden. */
export function visibleCards(cards: readonly Card[], variable: string | undefined): readonly VisibleCard[] {
  if (variable === undefined) return cards;
  const visible: VisibleCard[] = [];
  for (const word of variable.split(',').map((one) => one.trim())) {
    if (/^\d+$/.test(word)) {
      const card = cards.find(({ index }) => index === Number(word));
      if (card === undefined && cards.length > 0) break;
      visible.push(card);
    } else if (/^(GPU|MIG)-./.test(word)) {
      visible.push(cards.find(({ uuid }) => uuid.startsWith(word)));
    } else break;
  }
  return visible;
}

/** What `nvidia-smi --query-gpu=index,uuid,name,memory.free` prints, without a head and units. */
export function readCards(stdout: string): readonly Card[] {
  return stdout.split('\n').flatMap((line) => {
    const [index = '', uuid = '', name = '', mebibytes = ''] = line.split(',').map((part) => part.trim());
    if (!/^\d+$/.test(index)) return [];
    return [
      { index: Number(index), uuid, name, freeBytes: (Number(mebibytes) || MODEST_MEBIBYTES) * 2 ** 20 },
    ];
  });
}

const MODEST_MEBIBYTES = 8 * 1024;

/** What is assumed of a card that nothing is told of. */
export const unknownCard: FoundDevice = { name: 'unknown', freeBytes: MODEST_MEBIBYTES * 2 ** 20 };

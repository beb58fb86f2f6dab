// A program for run-guarded.ts that does what a reader of a hostile file may do.

import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '../../server/errors.ts';
import { answerGuarded } from '../../server/guard/answer-guarded.ts';

export type Task =
  | 'answer'
  | 'wait'
  | 'beat'
  | 'loop'
  | 'backtrack'
  | 'buffers'
  | 'objects'
  | 'nest'
  | 'refuse'
  | 'mistake'
  | 'leak';

const tasks: Readonly<Record<Task, (beat: () => void) => unknown>> = {
  answer: () => new Map([['bytes', new Uint8Array(3)]]),
  wait: () => sleep(1500).then(() => 'waited'),
  beat: (beat) => {
    for (const end = performance.now() + 1500; performance.now() < end; ) beat();
    return 'worked';
  },
  loop: () => {
    for (;;);
  },
  backtrack: () => /^(a+)+$/.test(`${'a'.repeat(60)}!`),
  // No more than twice what it may have, and then never without it: whoever looks late finds the same.
  buffers: (beat) => {
    const kept = Array.from({ length: 400 }, () => Buffer.alloc(1 << 20, 1));
    for (let i = 0; ; i++) {
      kept[i % kept.length]![0] = i;
      beat();
    }
  },
  objects: () => {
    for (const kept: object[] = []; ; ) kept.push({ kept });
  },
  nest: () => nest(0),
  refuse: () => {
    throw new UserError('config.json: "n_layer" is none', { action: 'Correct it.' });
  },
  mistake: () => (undefined as unknown as { x: number }).x,
  leak: () => {
    void Promise.reject(new Error('nobody waited'));
    return sleep(10_000);
  },
};

const nest = (n: number): number => 1 + nest(n + 1);

answerGuarded<Task, unknown>((task, beat) => tasks[task](beat));

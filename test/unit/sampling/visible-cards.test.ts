// The cards that a job was given, among those that its machine has.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readCards, visibleCards } from '../../../server/sampling/providers/visible-cards.ts';

const cards = readCards(
  [
    '0, GPU-aaaa-1, NVIDIA H100, 1024',
    '1, GPU-bbbb-2, NVIDIA A100, 2048',
    '2, GPU-cccc-3, NVIDIA T4, [N/A]',
    'No devices were found',
  ].join('\n'),
);

test('cards are read from what the driver’s tool prints', () => {
  assert.deepEqual(
    cards.map(({ index, name, freeBytes }) => [index, name, freeBytes]),
    [
      [0, 'NVIDIA H100', 2 ** 30],
      [1, 'NVIDIA A100', 2 ** 31],
      [2, 'NVIDIA T4', 2 ** 33],
    ],
  );
  assert.deepEqual(readCards(''), []);
});

test('a process has the cards that it was given, in their order', () => {
  const given = (variable?: string) => visibleCards(cards, variable).map((card) => card?.index);
  assert.deepEqual(given(), [0, 1, 2]);
  assert.deepEqual(given('2,0'), [2, 0]);
  assert.deepEqual(given('1'), [1]);
  assert.deepEqual(given('GPU-bbbb'), [1]);
  assert.deepEqual(given('MIG-1234-5'), [undefined], 'a part of a card');
  for (const none of ['', '-1', 'NoDevFiles', '7']) assert.deepEqual(given(none), [], none);
  assert.deepEqual(given('0,9,1'), [0], 'what comes behind a card that is not there is hidden');
});

test('where no tool tells of cards, as many are assumed as were given', () => {
  assert.deepEqual(visibleCards([], '0,1'), [undefined, undefined]);
  assert.deepEqual(visibleCards([], ''), []);
});

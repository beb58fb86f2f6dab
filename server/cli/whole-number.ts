// Options' values that must be whole numbers.

import { InvalidArgumentError } from 'commander';

export function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('It must be a whole number of at least 0.');
  return Number(text);
}

export function fromOne(text: string): number {
  if (!/^0*[1-9]\d*$/.test(text)) throw new InvalidArgumentError('It must be a whole number from 1.');
  return Number(text);
}

export function fromOneOrAuto(text: string): number | 'auto' {
  if (text === 'auto') return text;
  if (!/^0*[1-9]\d*$/.test(text))
    throw new InvalidArgumentError('It must be auto, or a whole number from 1.');
  return Number(text);
}

// The scale of a heat map: five classes of −log p a token, each bound four times as far from certainty as the one before.
// Colours are evenly apart in lightness, so that a step looks like a step; the classes’ marks differ in shape. Pure.

export type Heat = (typeof HEATS)[number]['name'];

/** From the likeliest. `least` is the log-probability that a token of the class has at least, in nats. */
export const HEATS = [
  { name: 'certain', least: -1 / 16 },
  { name: 'likely', least: -1 / 4 },
  { name: 'even', least: -1 },
  { name: 'unlikely', least: -4 },
  { name: 'surprising', least: -Infinity },
] as const;

/** Null is a token that the rule never draws. */
export const heatOf = (logp: number | null): Heat =>
  (logp === null ? undefined : HEATS.find(({ least }) => logp >= least)?.name) ?? 'surprising';

// Temperature over a sample's steps.

export type Schedule =
  | { readonly kind: 'constant'; readonly temperature: number }
  /** The published study's temperature-decaying sampling: from 10 down over the first 20 tokens, then 1. */
  | { readonly kind: 'decaying' };

const DECAY_STEPS = 20;

/** The temperature that the token number `step`, from 0, is picked at. */
export function temperatureAt(schedule: Schedule, step: number): number {
  if (schedule.kind === 'constant') return schedule.temperature;
  return step < DECAY_STEPS ? 10 - (9 * step) / DECAY_STEPS : 1;
}

// Samples by steps on the software driver, in a process of its own.

import { join } from 'node:path';
import { runOnSoftwareDriver } from '../software-driver.ts';
import type { StepsAsked, StepsMade } from './steps-child.ts';

/** For each model, what each of its rules gave. */
export const makeSteps = (asked: readonly StepsAsked[]) =>
  runOnSoftwareDriver(
    join(import.meta.dirname, 'steps-child.ts'),
    asked,
  ) as readonly (readonly StepsMade[])[];

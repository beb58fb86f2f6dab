// A device that starts, and then computes something else than it should.

import { EnvironmentError } from '../../errors.ts';

export class WrongDevice extends EnvironmentError {
  constructor(message: string) {
    super(message, { action: 'Update the driver, or choose another provider.' });
  }
}

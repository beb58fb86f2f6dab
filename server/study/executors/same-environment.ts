// What is said of one study comes from one form on one kind of device, whichever nodes compute.

import { UserError } from '../../errors.ts';
import type { SamplerEnvironment } from '../../sampling/sample-model.ts';

type Compared = Pick<SamplerEnvironment, 'provider' | 'form'> & Partial<Pick<SamplerEnvironment, 'runtime'>>;

/** Nodes that are alike. */
export class SameEnvironment {
  #first: { readonly environment: Compared; readonly node: string } | undefined;

  /** Throws a `UserError` that names a node which differs from the first. */
  check(environment: Compared, node: string): void {
    this.#first ??= { environment, node };
    const { environment: first, node: firstNode } = this.#first;
    const differing = (['provider', 'form', 'runtime'] as const).find(
      (fact) => first[fact] !== environment[fact],
    );
    if (differing === undefined) return;
    throw new UserError(
      `${node} computes with another ${differing} than ${firstNode}: ${environment[differing]}, not ${first[differing]}`,
      {
        action:
          'Choose nodes that are alike with --sbatch, such as "--constraint=…" or "--gres=gpu:1", name the --provider, and start a new study file.',
      },
    );
  }
}

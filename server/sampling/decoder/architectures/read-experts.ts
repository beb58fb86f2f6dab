// What a configuration tells of a mixture of experts, by the names that its architectures share.

import type { ConfigFile } from '../config-file.ts';
import type { ExpertsSpec } from '../decoder-spec.ts';

/** Each expert is some nodes of a graph. */
const MOST_EXPERTS = 1024;

export function readExperts(config: ConfigFile, defaults: Pick<ExpertsSpec, 'n' | 'nChosen'>): ExpertsSpec {
  // Newer versions write the second name.
  const n = config.size(
    'num_experts',
    config.size('num_local_experts', defaults.n, MOST_EXPERTS),
    MOST_EXPERTS,
  );
  const nChosen = config.size('num_experts_per_tok', defaults.nChosen);
  if (nChosen > n) config.fail(`"num_experts_per_tok" is ${nChosen}, and there are ${n} experts`);
  return { n, nChosen, normalised: config.flag('norm_topk_prob', false) };
}

/** Training of the router, and what it is reported by. */
export const WITHOUT_EFFECT_ON_EXPERTS = ['output_router_logits', 'router_aux_loss_coef'];

// How tokens would be drawn, as far as an extraction map asks: a temperature, then a cut to the likeliest.

export interface DrawingRule {
  /** 0 always takes the likeliest. */
  readonly temperature: number;
  /** 0 means the whole vocabulary. */
  readonly topK: number;
}

/** Whether nothing is drawn at all. */
export const isGreedy = ({ temperature, topK }: DrawingRule): boolean => temperature === 0 || topK === 1;

/** Whether tokens are drawn as the model's own distribution has it. */
const isPlain = ({ temperature, topK }: DrawingRule): boolean => temperature === 1 && topK === 0;

/** Whether the rule's own log-probability is measured: it follows from the plain one and the likeliest otherwise. */
export const hasDrawn = (rule: DrawingRule): boolean => !isGreedy(rule) && !isPlain(rule);

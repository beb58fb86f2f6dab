// What is known of a model, and from where: files of one model can disagree.

/** A fact about a model, the source that won, and who said something else. Written into studies as it is. */
export interface ModelFact {
  readonly fact: string;
  readonly value: string;
  readonly source: string;
  /** What was said elsewhere and not taken, as sentences' ends: `config.json says 1`. */
  readonly passedOver: readonly string[];
}

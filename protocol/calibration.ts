// Whether the windows of an extraction map come as often as it says, where the sampler drew some of them again and again.

/** How often a window's suffix came behind its prefix. */
export interface WindowDraws {
  /** The map's probability. */
  readonly p: number;
  readonly nDraws: number;
  /** Draws that gave the suffix. */
  readonly nCame: number;
}

export interface CalibratedWindow extends WindowDraws {
  readonly documentId: number;
  /** In tokens of the document. */
  readonly start: number;
  /** The counts that chance leaves in 95 of 100 tries. */
  readonly least: number;
  readonly most: number;
}

/** Draws of some windows together. */
export interface DrawTotals {
  readonly nWindows: number;
  readonly nDraws: number;
  /** Draws that gave their window's suffix, and how many the map expects. */
  readonly nCame: number;
  readonly nExpected: number;
}

export interface CalibrationVerdict extends DrawTotals {
  /** Sum over windows of (came − n·p)² / (n·p·(1 − p)); its degrees of freedom are the windows. */
  readonly chiSquare: number;
  /** Probability that chance alone gives so large a `chiSquare`. */
  readonly chance: number;
  /** Windows of which the count lies in its binomial's central 95 %. */
  readonly nInside: number;
}

/** Windows with p from `least` (inclusive) to `most`. */
export interface CalibrationBin extends DrawTotals {
  readonly least: number;
  readonly most: number;
}

export interface CalibrationMeasures extends CalibrationVerdict {
  readonly byProbability: readonly CalibrationBin[];
  /** From the least likely on. */
  readonly windows: readonly CalibratedWindow[];
}

/** The band that chance leaves around each probability. */
export interface BandPoint {
  readonly p: number;
  /** Shares of the draws that chance leaves in 95 of 100 tries. */
  readonly low: number;
  readonly high: number;
}

// Whether a map's windows came as often as it says, where the sampler drew some of them again and again.

import type { CalibrationMeasures } from '../../../protocol/calibration.ts';
import { binCalibration, binomialRange, judgeCalibration } from '../../analysis/calibration.ts';
import { readCalibration } from '../../store/maps/map-calibration.ts';
import type { Database } from '../../store/study-file.ts';

/** Null where no window was drawn, or not all of them yet. The windows come from the least likely to the likeliest. */
export function measureCalibration(db: Database): CalibrationMeasures | null {
  const stored = readCalibration(db);
  if (stored.length === 0 || stored.some(({ nCame }) => nCame === null)) return null;
  const windows = stored
    .map(({ documentId, start, logp, nDraws, nCame }) => {
      const p = Math.exp(logp);
      const [least, most] = binomialRange(nDraws, p);
      return { documentId, start, p, nDraws, nCame: nCame!, least, most };
    })
    .sort((a, b) => a.p - b.p);
  return { ...judgeCalibration(windows), byProbability: binCalibration(windows), windows };
}

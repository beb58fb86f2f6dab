// Whether the sampler drew a map's windows as often as the map says, as a table that every form of a report shows.

import type { CalibrationMeasures } from '../../../protocol/calibration.ts';
import { count, counted } from '../report-numbers.ts';
import type { TextTable } from '../text-tables.ts';

export const CALIBRATION_TITLE = 'The map against the sampler';

export const calibrationTable = (calibration: CalibrationMeasures): TextTable => ({
  title: CALIBRATION_TITLE,
  head: ['p', 'windows', 'draws', 'expected', 'came'],
  rows: calibration.byProbability.map(({ least, most, nWindows, nDraws, nExpected, nCame }) => [
    `${least}–${most}`,
    ...[nWindows, nDraws, Math.round(nExpected), nCame].map(count),
  ]),
  note: describeCalibration(calibration),
});

function describeCalibration({
  nWindows,
  nDraws,
  nExpected,
  nCame,
  chiSquare,
  chance,
  nInside,
}: CalibrationMeasures): string {
  const draws = `${counted(nWindows, 'window')}, drawn ${count(nDraws)} times in all behind their prefix alone`;
  const came = `${count(nCame)} draws gave the suffix, and the map expects ${count(Math.round(nExpected))}`;
  const inside = `${count(nInside)} of the windows came as often as chance leaves in 95 of 100 tries`;
  return `${draws}: ${came}. ${inside}. χ² is ${chiSquare.toFixed(1)} on ${counted(nWindows, 'degree')} of freedom; chance alone gives as much in ${(100 * chance).toFixed(chance < 0.001 ? 5 : 1)} % of tries.`;
}

// What the dashboard of an extraction map shows. Synchronous, and seconds for millions of windows: it runs in a process of
// its own (`alone` in study-messages.ts).

import { rawValue } from '../../guard/text/foreign.ts';
import type { ControlMark, ExaminedMark, MapDashboard, MapGroupMark } from '../../protocol/map-dashboard.ts';
import type { Measured } from '../../protocol/measured.ts';
import type { StudyId, StudyPlan } from '../../protocol/study.ts';
import { calibrationBand } from '../analysis/calibration.ts';
import type { ExaminedMeasures } from '../answers/maps/measure-examined.ts';
import {
  type ControlMeasures,
  type ExtractableShare,
  type MapGroup,
  type MapRates,
  measureMap,
} from '../answers/maps/measure-map.ts';
import { UserError } from '../errors.ts';
import { describeMap } from '../formats/maps/map-content.ts';
import { openForReading } from '../store/study-file.ts';
import { summarise } from '../store/summary.ts';

/** Draws of the expected numbers, and of the comparison with a control. */
const DRAWS = 100;
const CONTROL_DRAWS = [1, 100, 10_000];

export function measureForDashboard(study: StudyId): MapDashboard {
  using db = openForReading(study);
  const summary = summarise(db, study, false);
  const { map } = rawValue<StudyPlan>(summary.plan);
  if (map === undefined) throw new UserError(`${study} is no extraction map`);
  const { counts, rates, control, ...m } = measureMap(db, map.suffix);
  return {
    kind: 'map',
    how: describeMap({ map, summary }),
    nWindows: rates.nWindows,
    nTokens: counts.nTokens,
    nShort: counts.nShort,
    nUnfaithful: counts.nUnfaithful,
    greedy: measured(rates.greedy.share),
    argmax: measured(rates.argmax),
    extractable: rates.extractable.map(({ n, p, share }) => ({ n, p, share: measured(share) })),
    byCopies: m.byCopies?.map(groupMark) ?? null,
    byLicense: m.byLicense.map(groupMark),
    byRepository: m.byRepository.map(groupMark),
    byFileType: m.byFileType.map(groupMark),
    documents: {
      total: counts.nMeasured,
      items: m.documents.map(({ documentId, provenance, nWindows, bestLogp, expected }) => ({
        documentId,
        provenance,
        nWindows,
        bestLogp,
        nExpected: expected.find(({ n }) => n === DRAWS)!.nWindows,
      })),
    },
    examined: m.examined && examinedMark(m.examined),
    calibration: m.calibration && {
      ...m.calibration,
      band: calibrationBand(m.calibration.windows[0]!.nDraws),
    },
    control: control && controlMark(rates, control),
  };
}

const groupMark = ({ name, nWindows, greedy, extractable }: MapGroup): MapGroupMark => ({
  group: name,
  nWindows,
  greedy: measured(greedy),
  extractable: measured(extractable),
});

const examinedMark = ({ nWindows, verbatim, nearVerbatim, prior }: ExaminedMeasures): ExaminedMark => ({
  nWindows,
  verbatim: measured(verbatim),
  nearVerbatim: measured(nearVerbatim),
  prior: prior && {
    nWindows: prior.nWindows,
    gain: measured(prior.gain),
    extractable: measured(prior.extractable),
    extractableUnrelated: measured(prior.extractableUnrelated),
  },
});

function controlMark(training: MapRates, { rates, nOverlapping, excess }: ControlMeasures): ControlMark {
  const shareOf = (cells: readonly Pick<ExtractableShare, 'n' | 'p' | 'share'>[], n: number) =>
    measured(cells.find((cell) => cell.n === n && cell.p === 0.5)!.share);
  return {
    nWindows: rates.nWindows,
    nOverlapping,
    rows: [
      {
        what: 'greedy',
        n: null,
        training: measured(training.greedy.share),
        control: measured(rates.greedy.share),
        excess: measured(excess.greedy),
      },
      {
        what: 'argmax',
        n: null,
        training: measured(training.argmax),
        control: measured(rates.argmax),
        excess: measured(excess.argmax),
      },
      ...CONTROL_DRAWS.map((n) => ({
        what: 'extractable' as const,
        n,
        training: shareOf(training.extractable, n),
        control: shareOf(rates.extractable, n),
        excess: shareOf(excess.extractable, n),
      })),
    ],
  };
}

const measured = ({ value, low, high }: Measured): Measured => ({ value, low, high });

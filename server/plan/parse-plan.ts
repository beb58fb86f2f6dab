// The one parser of plans: of plan files, of what was copied out of the dashboard, of what the wizard asks for and of
// what study files hold. It knows neither files nor the Hub: places stay as they are written.

import { mapSettings } from '../../protocol/map-settings.ts';
import { planSettings } from '../../protocol/plan-settings.ts';
import { servedSettings } from '../../protocol/served-settings.ts';
import type { PromptText } from '../../protocol/study.ts';
import {
  type ColumnNames,
  type MapPlan,
  PLAN_VERSION,
  type PlanSource,
  type SamplingPlan,
  type StudyPlan,
} from '../../protocol/study.ts';
import { UserError } from '../errors.ts';
import { isServedAddress, servedAddress } from '../net/served-address.ts';
import { remoteLocation } from '../remote/remote-location.ts';
import { valuesOf } from './check-parts.ts';
import { defaultMap, defaultRule, defaultSampling } from './plan.ts';
import { type PartName, partsOf } from './plan-parts.ts';
import { refuseValue } from './refuse-value.ts';

export interface ParsedPlan {
  /** What tells it from the others, such as `topK=40,temperature=0.5`; empty where no part lists several values. */
  readonly name: string;
  readonly plan: StudyPlan;
  /** The place of prompts that are still to be read; null where the plan holds them, or has none. */
  readonly promptsFile: string | null;
}

/** A sweep scans once, but each of its studies is sampled, kept and compared. */
export const MAX_STUDIES = 1000;

/**
 * Every combination of the values that its parts list, in the order of the parts, the last one changing fastest.
 * A list of training data is one value. Throws a `UserError` that names the first part that cannot be meant.
 */
export function parsePlans(value: unknown): readonly ParsedPlan[] {
  const parts = partsOf(value).map((part) => ({ ...part, values: valuesOf(part) }));
  const nStudies = parts.reduce((product, { values }) => product * values.length, 1);
  if (nStudies > MAX_STUDIES) {
    const factors = parts.filter(({ values }) => values.length > 1);
    const named = factors.map(({ label, values }) => `${values.length} of "${label}"`).join(' × ');
    throw new UserError(`The plan's lists make ${nStudies.toLocaleString('en')} studies (${named})`, {
      action: `Shorten them: at most ${MAX_STUDIES.toLocaleString('en')} are run at once.`,
    });
  }
  let points: readonly Point[] = [{ name: '', values: new Map() }];
  for (const { name, values } of parts) {
    points = points.flatMap((point) =>
      values.map((one) => ({
        name: values.length > 1 ? joinNames(point.name, shownName(name), one) : point.name,
        values: new Map([...point.values, [name, one]]),
      })),
    );
  }
  return points.map(toPlan);
}

/** Gives the one study that the plan means, and refuses a plan that lists values. */
export function parsePlan(value: unknown): ParsedPlan {
  const [parsed, ...others] = parsePlans(value);
  if (others.length === 0) return parsed!;
  const list = partsOf(value).find((part) => valuesOf(part).length > 1)!;
  const way = 'A study of every combination is made on the command line: verbatim study --plan FILE.';
  return refuseValue(list.label, list.value, 'one value here', way);
}

interface Point {
  readonly name: string;
  readonly values: ReadonlyMap<PartName, unknown>;
}

const shownName = (name: PartName) =>
  name === 'samplesPath' ? 'samples' : name === 'promptsFile' ? 'prompts' : name;

const joinNames = (before: string, name: string, value: unknown) =>
  `${before}${before === '' ? '' : ','}${name}=${String(value)}`;

function toPlan({ name, values }: Point): ParsedPlan {
  const corpus = values.get('corpus') as string | readonly string[] | undefined;
  const columns = values.get('columns') as ColumnNames | undefined;
  const contents = values.get('contents') as string | undefined;
  const source = toSource(values);
  if (corpus === undefined) throw new UserError('The plan has no "corpus"');
  const prompts = (values.get('prompts') as readonly PromptText[] | undefined) ?? [];
  const promptsFile = (values.get('promptsFile') as string | undefined) ?? null;
  if (promptsFile !== null && prompts.length > 0) {
    throw new UserError('The plan has "prompts" twice: their texts, and the place of a file', {
      action: 'Leave one of them out.',
    });
  }
  const sampling: Record<string, unknown> = { ...defaultSampling, prompts };
  const rule: Record<string, unknown> = { ...defaultRule };
  for (const { key, group, field, type } of planSettings) {
    if (!values.has(key)) continue;
    const value = values.get(key);
    const stored = type.kind === 'choice' ? shortName(type.choices, value) : value;
    (group === 'sampling' ? sampling : rule)[field] = stored;
  }
  if (sampling.topP === 1) sampling.topP = null;
  const control = values.get('control') as string | readonly string[] | undefined;
  const places = control === undefined ? [] : typeof control === 'string' ? [control] : control;
  const plan: StudyPlan = {
    version: PLAN_VERSION,
    source,
    corpus: typeof corpus === 'string' ? [corpus] : corpus,
    ...(source.kind === 'map' || places.length === 0 ? {} : { control: places }),
    ...(columns === undefined ? {} : { columns }),
    ...(values.get('ignore') === false ? { ignore: false } : {}),
    ...(contents === undefined ? {} : { contents: remoteLocation(contents) }),
    sampling: sampling as unknown as SamplingPlan,
    rule: rule as unknown as StudyPlan['rule'],
    ...(source.kind === 'map' ? { map: toMap(values, places) } : {}),
  };
  return { name, plan, promptsFile };
}

function toMap(values: Point['values'], control: readonly string[]): MapPlan {
  const map: Record<string, unknown> = { ...defaultMap, control };
  for (const { key, field } of mapSettings) if (values.has(key)) map[field] = values.get(key);
  return map as unknown as MapPlan;
}

function toSource(values: Point['values']): PlanSource {
  const samples = values.get('samplesPath') as string | undefined;
  const model = (values.get('model') as string | null | undefined) ?? null;
  const ofMap = mapSettings.map(({ key }) => key).find((key) => values.has(key));
  const kind =
    values.get('kind') ??
    (samples !== undefined
      ? 'samples'
      : ofMap !== undefined
        ? 'map'
        : isServedAddress(model ?? '')
          ? 'served'
          : 'model');
  const ofServed = servedSettings.find(({ key }) => values.has(key) && values.get(key) !== '');
  if (ofServed !== undefined && kind !== 'served') {
    throw new UserError(`The plan has "${ofServed.key}", which is of served models`, {
      action: 'Leave it out, or make "model" the address of a server, such as http://localhost:8000/v1.',
    });
  }
  if (ofMap !== undefined && kind !== 'map') {
    throw new UserError(`The plan has "${ofMap}", which is of extraction maps, and makes samples`, {
      action: 'Leave it out, or make the kind of its "source" "map".',
    });
  }
  if (kind === 'samples') {
    if (samples === undefined) throw new UserError('The plan has no "samples" in its "source"');
    return { kind, samples, model };
  }
  if (samples !== undefined) {
    throw new UserError(`The plan has "samples" made elsewhere in a "source" whose kind is "${kind}"`, {
      action: 'Leave them out, or make the kind "samples".',
    });
  }
  if (model === null) throw new UserError('The plan has no "model"');
  if (kind === 'served') return toServed(model, values);
  return { kind: kind === 'map' ? 'map' : 'model', model };
}

function toServed(model: string, values: Point['values']): PlanSource {
  const servedName = (values.get('servedName') as string | undefined) ?? '';
  if (servedName === '') {
    throw new UserError(`The plan does not say which model of ${servedAddress(model)} is sampled`, {
      action: `Name it with --served-name, or "servedName" in a plan; verbatim doctor --model ADDRESS lists them.`,
    });
  }
  return {
    kind: 'served',
    model: servedAddress(model),
    servedName,
    start: (values.get('start') as string | undefined) ?? '',
  };
}

function shortName(
  choices: readonly { readonly value: string; readonly longName?: string }[],
  value: unknown,
): string {
  return choices.find((choice) => choice.value === value || choice.longName === value)!.value;
}

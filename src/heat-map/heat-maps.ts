// This room's composition root: training documents of extraction maps, coloured by how likely the model goes on with
// each token.

import { Disposable, languages } from 'vscode';
import { TRAIN_SCHEME } from '../documents/text-ref.ts';
import type { ErrorFunnel } from '../error-funnel.ts';
import type { StudyServer } from '../study-server.ts';
import type { WorkspaceGate } from '../trust/workspace-gate.ts';
import { HeatHovers } from './heat-hovers.ts';
import { HeatPaint } from './heat-paint.ts';
import { HeatStatus } from './heat-status.ts';
import { HeatTexts } from './heat-texts.ts';
import { type MapCommands, type MapParts, mapCommands } from './map-commands.ts';

export interface HeatMaps extends Disposable {
  readonly texts: HeatTexts;
  readonly paint: HeatPaint;
  readonly commands: MapCommands;
}

export interface HeatMapParts extends Omit<MapParts, 'texts'> {
  readonly server: StudyServer;
  readonly gate: WorkspaceGate;
  readonly errors: ErrorFunnel;
}

export function heatMaps({ errors, ...parts }: HeatMapParts): HeatMaps {
  const texts = new HeatTexts(parts.server, parts.gate, errors);
  const paint = new HeatPaint(texts, errors);
  const all = Disposable.from(
    texts,
    paint,
    new HeatStatus(texts),
    languages.registerHoverProvider({ scheme: TRAIN_SCHEME }, new HeatHovers(texts)),
  );
  return { texts, paint, commands: mapCommands({ ...parts, texts }), dispose: () => all.dispose() };
}

// Whether a model that a server holds can be sampled, and what a study of it can have: by asking the server for a few tokens.

import { EnvironmentError, UserError } from '../errors.ts';
import { probeServer } from '../served/probe-server.ts';
import { readStart } from '../served/sample-served.ts';
import { listModels, type ServedAccess } from '../served/served-client.ts';
import type { ModelFinding } from './examine-model.ts';

export interface ServedQuestion {
  /** Empty asks for the names alone. */
  readonly servedName: string;
  readonly start: string;
  readonly topK: number;
}

/** The last finding is the verdict. */
export async function examineServed(
  access: ServedAccess,
  { servedName, start, topK }: ServedQuestion,
): Promise<readonly ModelFinding[]> {
  const findings: ModelFinding[] = [];
  const find = (name: ModelFinding['name'], state: ModelFinding['state'], detail: string, action?: string) =>
    void findings.push({ name, state, detail, action: action ?? null });
  try {
    const models = await listModels(access);
    for (const { about } of models) find('model', 'works', `served at ${access.address}: ${about}`);
    const names = models.map(({ id }) => id);
    const name = servedName || (names.length === 1 ? names[0]! : '');
    if (name === '') {
      find(
        'verdict',
        'refused',
        `${access.address} serves ${names.length} models`,
        'Name one with --served-name.',
      );
      return findings;
    }
    const drawing = { temperature: 1, topK, topP: 1 };
    const { facts, notes } = await probeServer(access, name, readStart(start), drawing, 'several');
    for (const fact of facts) {
      const detail = `${fact.fact}: ${fact.value}, by ${fact.source}`;
      findings.push({ name: 'fact', state: 'works', detail, action: null, fact });
    }
    for (const note of notes) find('note', 'about', note);
    const options = servedName === '' ? ` with --served-name ${name}` : '';
    find('verdict', 'works', `${name} can be sampled there${options}`);
  } catch (cause) {
    if (!(cause instanceof UserError || cause instanceof EnvironmentError)) throw cause;
    find('verdict', 'refused', `it cannot be sampled: ${cause.message}`, cause.action);
  }
  return findings;
}

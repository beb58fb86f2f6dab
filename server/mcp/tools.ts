// The tools that agents are offered: what each takes and says. What they answer is data, never an instruction: text of
// files is bounded, and secrets in it are masked. None takes a path.

import { join } from 'node:path';
import { isSafeFileName } from '../../guard/paths/file-name.ts';
import { forJson } from '../../guard/text/for-json.ts';
import { shorten } from '../../guard/text/shorten.ts';
import { type CheckedMatch, type CheckedText, checkWithIndex } from '../../protocol/checked-text.ts';
import { getFragment, getStudy, listTrainOccurrences } from '../../protocol/requests.ts';
import { UserError } from '../errors.ts';
import type { StudyReaders } from '../queries/study-readers.ts';

export interface ToolPlaces {
  /** Folder of an index; undefined where there is none to ask. */
  readonly index: string | undefined;
  readonly root: string | undefined;
  /** Folder of study files. */
  readonly studies: string;
}

export interface Tool {
  readonly name: string;
  readonly description: string;
  /** Required texts, by name: what they are and how long they may be. */
  readonly takes: Readonly<Record<string, { readonly description: string; readonly maxLength: number }>>;
  readonly answer: (given: Readonly<Record<string, string>>, asker: Asker) => Promise<unknown>;
}

export interface Asker {
  readonly readers: StudyReaders;
  readonly places: ToolPlaces;
  readonly signal: AbortSignal;
}

const MATCHES_TOLD = 50;
const SOURCES_TOLD = 5;
const STUDIES_TOLD = 100;
const TEXT_CHARACTERS = 8000;
const NAME_CHARACTERS = 200;
const NOTE_CHARACTERS = 500;
/** All matches of an answer together, as JSON. */
const MATCHES_CHARACTERS = 48 << 10;

const study = {
  description: 'Name of a study file as list_studies gives it, such as study.sqlite.',
  maxLength: 255,
};

export const tools: readonly Tool[] = [
  {
    name: 'check_code',
    description:
      'Looks code up in the index of a corpus of public or training code. Answers which line ranges stand there word ' +
      'for word (at least the index’s number of significant lines), in which repositories and files, under which ' +
      'licences, and how often. Nothing leaves the machine.',
    takes: { code: { description: 'The code, as it stands in its file.', maxLength: 4 << 20 } },
    answer: async ({ code }, asker) => toldCheck(await check(code!, asker)),
  },
  {
    name: 'explain_fragment',
    description:
      'Tells one fragment that a model has memorised: its text, how often the training data and the samples hold it, ' +
      'and the first places in the training data.',
    takes: {
      study,
      fingerprint: { description: 'The fragment’s fingerprint, 32 hexadecimal digits.', maxLength: 32 },
    },
    answer: explainFragment,
  },
  {
    name: 'list_studies',
    description: 'Lists the studies of what models have memorised that are on this machine.',
    takes: {},
    answer: async (_, { readers, places, signal }) => {
      const studies = await readers.listStudies(places.studies, signal);
      return studies.slice(0, STUDIES_TOLD).map(({ id, state, nSamples, nFragments, createdAt }) => ({
        study: id.slice(places.studies.length + 1),
        ...{ state, nSamples, nFragments, createdAt },
      }));
    },
  },
  {
    name: 'study_summary',
    description: 'Tells of one study what was sampled and scanned, and how much was found.',
    takes: { study },
    answer: (given, asker) => ask(asker, getStudy.method, { study: fileOf(given.study!, asker.places) }),
  },
];

async function check(code: string, asker: Asker): Promise<CheckedText> {
  const { index, root } = asker.places;
  if (index === undefined) {
    throw new UserError('This server was started without an index', {
      action: 'Start it with: verbatim mcp --index DIR',
    });
  }
  const params = { index, text: code, ...(root === undefined ? {} : { root }) };
  return (await ask(asker, checkWithIndex.method, params)) as CheckedText;
}

const ask = ({ readers, signal }: Asker, method: string, params: unknown) =>
  readers.ask('quick', { method, params, disclosure: 'masked', signal });

/** Only what lies in the folder of studies can be named. */
function fileOf(name: string, { studies }: ToolPlaces): string {
  if (!isSafeFileName(name) || !name.endsWith('.sqlite')) {
    throw new UserError(`${shorten(name, NAME_CHARACTERS)} names no study`, { action: 'Call list_studies.' });
  }
  return join(studies, name);
}

function toldCheck({ matches, notes, ...rest }: CheckedText) {
  const told = fitting(matches.slice(0, MATCHES_TOLD).map(toldMatch));
  return {
    ...rest,
    notes: notes.slice(0, SOURCES_TOLD).map((note) => shorten(note, NOTE_CHARACTERS)),
    matches: told,
    nMatchesLeftOut: matches.length - told.length,
  };
}

/** The first of them, up to what an answer can hold: half of it is of more use than none. */
function fitting<Match>(matches: readonly Match[]): readonly Match[] {
  let left = MATCHES_CHARACTERS;
  const firstTooMany = matches.findIndex((match) => {
    left -= forJson(match).length;
    return left < 0;
  });
  return firstTooMany < 0 ? matches : matches.slice(0, firstTooMany);
}

const toldMatch = ({ sources, licenses, ...match }: CheckedMatch) => ({
  ...match,
  licenses: licenses.slice(0, SOURCES_TOLD).map(({ license, nDocuments }) => ({
    license: shorten(license, NAME_CHARACTERS),
    nDocuments,
  })),
  sources: sources.slice(0, SOURCES_TOLD).map(({ repository, path, license, firstLine, lastLine }) => ({
    repository: shorten(repository, NAME_CHARACTERS),
    path: shorten(path, NAME_CHARACTERS),
    license: shorten(license, NAME_CHARACTERS),
    ...{ firstLine, lastLine },
  })),
});

async function explainFragment(given: Readonly<Record<string, string>>, asker: Asker): Promise<unknown> {
  const params = { study: fileOf(given.study!, asker.places), fingerprint: given.fingerprint! };
  const fragment = (await ask(asker, getFragment.method, params)) as { readonly text: string };
  const places = { ...params, offset: 0, limit: SOURCES_TOLD };
  const { items } = (await ask(asker, listTrainOccurrences.method, places)) as { readonly items: unknown };
  return { ...fragment, text: shorten(fragment.text, TEXT_CHARACTERS), trainingPlaces: items };
}

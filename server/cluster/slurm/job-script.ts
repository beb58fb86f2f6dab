// The script of a study's jobs. What it runs is the task of a rank; all else is said by sbatch's options.

/** How `verbatim` is started on a node. */
export interface NodeCommand {
  /** Program and first arguments. */
  readonly words: readonly string[];
  /** An image that holds it, for apptainer. */
  readonly container: string | undefined;
  /** Folders that the work needs, for apptainer. */
  readonly folders: readonly string[];
}

export interface JobScript {
  readonly study: string;
  /** Folder of the plan. */
  readonly folder: string;
  readonly command: NodeCommand;
}

/** Exit codes of the script's own: what it needs is not on the node. */
export const NO_FOLDER = 66;
export const NO_PROGRAM = 67;

/** A script for bash; its argument is the first job of the array that it is submitted for. */
export function jobScript({ study, folder, command }: JobScript): string {
  return [
    '#!/bin/bash',
    '# Runs the tasks of one job of a Verbatim study. Written by Verbatim; a change here is lost.',
    `if [ ! -r ${quote(`${folder}/plan.json`)} ]; then`,
    `  echo "verbatim: $(hostname) does not see" ${quote(folder)} >&2`,
    `  exit ${NO_FOLDER}`,
    'fi',
    ...startLines(command, ['task', study, '--plan', folder], ' --first-job "$1"'),
    '',
  ].join('\n');
}

/** Lines that become the program with these words; `rest` is put behind them as bash reads it. */
function startLines(command: NodeCommand, words: readonly string[], rest = ''): readonly string[] {
  const { container, words: own } = command;
  const run = [...own, ...words].map(quote).join(' ') + rest;
  if (container === undefined)
    return [...checkLines(`command -v ${quote(own[0]!)} > /dev/null`, own[0]!), `exec ${run}`];
  return [
    ...checkLines('command -v apptainer > /dev/null', 'apptainer'),
    // An image of a registry is fetched by its address.
    ...(container.includes('://') ? [] : checkLines(`[ -r ${quote(container)} ]`, container)),
    ...containerLines(command, container),
    // biome-ignore lint/suspicious/noTemplateCurlyInString: bash puts it in
    ['exec "${container[@]}"', run].join(' '),
  ];
}

const checkLines = (check: string, what: string): readonly string[] => [
  `if ! ${check}; then`,
  `  echo "verbatim: $(hostname) has no" ${quote(what)} >&2`,
  `  exit ${NO_PROGRAM}`,
  'fi',
];

function containerLines({ folders }: NodeCommand, container: string): readonly string[] {
  const binds = [...new Set(folders)].flatMap((folder) => ['--bind', folder]).map(quote);
  return [
    `container=(apptainer exec ${binds.join(' ')})`,
    // biome-ignore lint/suspicious/noTemplateCurlyInString: bash puts it in
    'if [ -n "${SLURM_TMPDIR:-${TMPDIR:-}}" ]; then container+=(--bind "${SLURM_TMPDIR:-$TMPDIR}"); fi',
    'if [ -e /dev/nvidiactl ]; then container+=(--nv); fi',
    `container+=(${quote(container)})`,
  ];
}

export interface LastJob {
  readonly words: readonly string[];
  readonly folder: string;
}

/** A script for the job after all others, which gathers what they have done. `command` is one that can ask Slurm. */
export const lastScript = (command: NodeCommand, job: LastJob): string =>
  [
    '#!/bin/bash',
    '# Gathers what the jobs of a Verbatim study have done. Written by Verbatim; a change here is lost.',
    `cd ${quote(job.folder)} || exit ${NO_FOLDER}`,
    ...startLines({ ...command, folders: [...command.folders, job.folder] }, job.words),
    '',
  ].join('\n');

/** For people to read. */
export const quoteIfNeeded = (word: string): string => (/^[\w=%,./:@+-]+$/.test(word) ? word : quote(word));

/** A word that bash reads as it is, whatever it holds. */
const quote = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;

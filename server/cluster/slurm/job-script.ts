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
  const run = [...command.words, 'task', study, '--plan', folder].map(quote).join(' ');
  const [program] = command.words;
  return [
    '#!/bin/bash',
    '# Runs the tasks of one job of a Verbatim study. Written by Verbatim; a change here is lost.',
    `if [ ! -r ${quote(`${folder}/plan.json`)} ]; then`,
    `  echo "verbatim: $(hostname) does not see" ${quote(folder)} >&2`,
    `  exit ${NO_FOLDER}`,
    'fi',
    ...(command.container === undefined ? programCheck(program!) : []),
    ...containerLines(command),
    // biome-ignore lint/suspicious/noTemplateCurlyInString: bash puts it in
    `${command.container === undefined ? 'exec' : 'exec "${container[@]}"'} ${run} --first-job "$1"`,
    '',
  ].join('\n');
}

const programCheck = (program: string): readonly string[] => [
  `if ! command -v ${quote(program)} > /dev/null; then`,
  `  echo "verbatim: $(hostname) has no" ${quote(program)} >&2`,
  `  exit ${NO_PROGRAM}`,
  'fi',
];

function containerLines({ container, folders }: NodeCommand): readonly string[] {
  if (container === undefined) return [];
  const binds = folders.flatMap((folder) => ['--bind', folder]).map(quote);
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

/** A script for the job after all others, which gathers what they have done. */
export function lastScript({ words: [program, ...first], container }: NodeCommand, job: LastJob): string {
  const start = container === undefined ? [program!, ...first] : ['apptainer', 'exec', container, program!];
  const run = [...start, ...job.words].map(quote).join(' ');
  return `#!/bin/bash\ncd ${quote(job.folder)} || exit\nexec ${run}\n`;
}

/** For people to read. */
export const quoteIfNeeded = (word: string): string => (/^[\w=%,./:@+-]+$/.test(word) ? word : quote(word));

/** A word that bash reads as it is, whatever it holds. */
const quote = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;

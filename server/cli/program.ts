// Every command of `verbatim`, in the order of its help. It binds words to commands and does nothing itself.

import { Command } from 'commander';
import { forTerminalPage } from '../../guard/text/for-terminal.ts';
import { version } from '../version.ts';
import { exitCodesHelp } from './exit-codes.ts';
import { checkRequiredOptions } from './required-option.ts';

/** In the order of the help. Each is loaded when it is asked for: a quick one does not wait for the others. */
const commands: Readonly<Record<string, () => Promise<() => Command>>> = {
  demo: async () => (await import('./demo-command.ts')).demoCommand,
  study: async () => (await import('./study-commands.ts')).studyCommand,
  sample: async () => (await import('./study-commands.ts')).sampleCommand,
  scan: async () => (await import('./study-commands.ts')).scanCommand,
  index: async () => (await import('./index-command.ts')).indexCommand,
  check: async () => (await import('./check-command.ts')).checkCommand,
  discover: async () => (await import('./discover-command.ts')).discoverCommand,
  mcp: async () => (await import('./mcp-command.ts')).mcpCommand,
  score: async () => (await import('./score-command.ts')).scoreCommand,
  report: async () => (await import('./report-command.ts')).reportCommand,
  compare: async () => (await import('./compare-command.ts')).compareCommand,
  predict: async () => (await import('./predict-command.ts')).predictCommand,
  label: async () => (await import('./label-command.ts')).labelCommand,
  baseline: async () => (await import('./baseline-command.ts')).baselineCommand,
  rows: async () => (await import('./rows-command.ts')).rowsCommand,
  export: async () => (await import('./exchange-commands.ts')).exportCommand,
  import: async () => (await import('./exchange-commands.ts')).importCommand,
  doctor: async () => (await import('./doctor-command.ts')).doctorCommand,
  providers: async () => (await import('./providers-command.ts')).providersCommand,
  task: async () => (await import('./task-command.ts')).taskCommand,
  cluster: async () => (await import('./cluster-command.ts')).clusterCommand,
};

/** For commands whose help brings no examples of its own. */
const examples: Readonly<Record<string, string>> = {
  demo: 'demo --out demo.sqlite',
  sample: 'sample --model checkpoint --samples 1000 --out study.sqlite',
  discover: 'discover --model checkpoint --corpus corpus --out map.sqlite',
  score: 'score --model checkpoint --samples outputs.jsonl',
  report: 'report study.sqlite --format html > report.html',
  index: 'index build --corpus corpus --to corpus-index',
  'index build': 'index build --corpus corpus --to corpus-index',
  'index add': 'index add corpus-index --corpus more',
  'index remove': 'index remove corpus-index --shard more/old.jsonl',
  'index info': 'index info corpus-index',
  'index check': 'index check corpus-index file.py',
  'index merge': 'index merge corpus-index',
  'index repair': 'index repair corpus-index',
  check: 'check --index corpus-index --changed-since main',
  mcp: 'mcp --index corpus-index --studies studies',
  compare: 'compare small.sqlite large.sqlite',
  predict: 'predict study.sqlite',
  label: 'label draw study.sqlite --size 50 > labels.jsonl',
  'label draw': 'label draw study.sqlite --size 50 > labels.jsonl',
  'label add': 'label add study.sqlite labels.jsonl --annotator ada',
  'label list': 'label list study.sqlite > labels.jsonl',
  'label agreement': 'label agreement study.sqlite',
  baseline: 'baseline study.sqlite --reason "licence headers"',
  rows: 'rows study.sqlite --kind licence copyright > rows.jsonl',
  export: 'export study.sqlite --to results',
  import: 'import results --out study.sqlite',
  doctor: 'doctor',
  task: 'task study.sqlite 3',
  cluster: 'cluster manifest study.sqlite --kubernetes --image verbatim --claim corpora',
  'cluster manifest': 'cluster manifest study.sqlite --kubernetes --image verbatim --claim corpora',
  providers: 'providers install cuda',
  'providers install': 'providers install cuda',
};

const ofWord = (word: string) => {
  if (word === '--version' || word === '-V') return [];
  return Object.hasOwn(commands, word) ? [commands[word]!] : Object.values(commands);
};

/** With what the first word needs: one command, or all where it is none of them. It throws `CommanderError` instead of ending the process. */
export async function createProgram(only = ''): Promise<Command> {
  const program = new Command('verbatim')
    .description('Shows what a code language model has memorised, each piece beside where it came from.')
    .version(version)
    .exitOverride()
    .configureOutput({ writeErr: (text) => process.stderr.write(forTerminalPage(text)) })
    .showHelpAfterError('(run with --help for the options)')
    .addHelpText('after', `\nTo begin with: verbatim demo\n${exitCodesHelp}`);
  checkRequiredOptions(program);
  const named = ofWord(only);
  for (const load of named) {
    const made = (await load())();
    const example = examples[made.name()];
    if (example !== undefined) made.addHelpText('after', `\nFor example:\n  verbatim ${example}`);
    for (const nested of made.commands) {
      const its = examples[`${made.name()} ${nested.name()}`];
      if (its !== undefined) nested.addHelpText('after', `\nFor example:\n  verbatim ${its}`);
    }
    program.addCommand(made);
    for (const command of [made, ...made.commands]) command.exitOverride().copyInheritedSettings(program);
  }
  return program;
}

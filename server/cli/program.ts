// Every command of `verbatim`, in the order of its help. It binds words to commands and does nothing itself.

import { Command } from 'commander';
import { forTerminalPage } from '../../guard/text/for-terminal.ts';
import { version } from '../version.ts';
import { baselineCommand } from './baseline-command.ts';
import { checkCommand } from './check-command.ts';
import { compareCommand } from './compare-command.ts';
import { demoCommand } from './demo-command.ts';
import { discoverCommand } from './discover-command.ts';
import { doctorCommand } from './doctor-command.ts';
import { exportCommand, importCommand } from './exchange-commands.ts';
import { exitCodesHelp } from './exit-codes.ts';
import { indexCommand } from './index-command.ts';
import { labelCommand } from './label-command.ts';
import { mcpCommand } from './mcp-command.ts';
import { predictCommand } from './predict-command.ts';
import { providersCommand } from './providers-command.ts';
import { reportCommand } from './report-command.ts';
import { checkRequiredOptions } from './required-option.ts';
import { rowsCommand } from './rows-command.ts';
import { scoreCommand } from './score-command.ts';
import { sampleCommand, scanCommand, studyCommand } from './study-commands.ts';

const commands = [
  demoCommand,
  studyCommand,
  sampleCommand,
  scanCommand,
  indexCommand,
  checkCommand,
  discoverCommand,
  mcpCommand,
  scoreCommand,
  reportCommand,
  compareCommand,
  predictCommand,
  labelCommand,
  baselineCommand,
  rowsCommand,
  exportCommand,
  importCommand,
  doctorCommand,
  providersCommand,
];

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
  providers: 'providers install cuda',
  'providers install': 'providers install cuda',
};

/** Throws `CommanderError` instead of ending the process. */
export function createProgram(): Command {
  const program = new Command('verbatim')
    .description('Shows what a code language model has memorised, each piece beside where it came from.')
    .version(version)
    .exitOverride()
    .configureOutput({ writeErr: (text) => process.stderr.write(forTerminalPage(text)) })
    .showHelpAfterError('(run with --help for the options)')
    .addHelpText('after', `\nTo begin with: verbatim demo\n${exitCodesHelp}`);
  checkRequiredOptions(program);
  for (const command of commands) {
    const made = command();
    const example = examples[made.name()];
    if (example !== undefined) made.addHelpText('after', `\nFor example:\n  verbatim ${example}`);
    for (const nested of made.commands) {
      const its = examples[`${made.name()} ${nested.name()}`];
      if (its !== undefined) nested.addHelpText('after', `\nFor example:\n  verbatim ${its}`);
    }
    program.addCommand(made.exitOverride().copyInheritedSettings(program));
  }
  return program;
}

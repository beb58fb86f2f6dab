// Every command of `verbatim`, in the order of its help. It binds words to commands and does nothing itself.

import { Command } from 'commander';
import { forTerminalPage } from '../../guard/text/for-terminal.ts';
import { version } from '../version.ts';
import { baselineCommand } from './baseline-command.ts';
import { compareCommand } from './compare-command.ts';
import { demoCommand } from './demo-command.ts';
import { doctorCommand } from './doctor-command.ts';
import { exportCommand, importCommand } from './exchange-commands.ts';
import { exitCodesHelp } from './exit-codes.ts';
import { labelCommand } from './label-command.ts';
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
    program.addCommand(command().exitOverride().copyInheritedSettings(program));
  }
  return program;
}

// docs/reference/cli.md, from the commands themselves.

import { exitCodes } from '../server/cli/exit-codes.ts';
import { measures } from '../server/cli/fail-on-condition.ts';
import { createProgram } from '../server/cli/program.ts';
import { RequiredOption, whenNeeded } from '../server/cli/required-option.ts';
import { table } from './docs-markdown.mjs';

const program = await createProgram();

export function cliReference() {
  return [
    '# Command line',
    '',
    program.description(),
    '',
    'Results go to standard output, progress and messages to standard error. A study that was stopped goes on when',
    'the same command is run again.',
    '',
    ...commandsBelow(program).flatMap(commandSection),
    '## Exit codes',
    '',
    ...table(
      ['code', 'meaning'],
      exitCodes.map(([code, meaning]) => [String(code), meaning]),
    ),
    '',
    '## Conditions of `--fail-on`',
    '',
    'A condition is a measure, one of `>` `>=` `<` `<=` `=`, and a number, which ends with `%` where it is a share:',
    '`memorised-samples>0.5%`. Several may be given; one that holds is enough.',
    '',
    ...table(
      ['measure', 'meaning', 'as a share'],
      Object.entries(measures).map(([name, { meaning, hasWhole }]) => [
        `\`${name}\``,
        meaning,
        hasWhole ? 'yes' : '',
      ]),
    ),
    '',
    '`licence:NAME` counts the training documents that samples repeat and that came under a licence; without a number',
    'any one of them is enough. `licence:GPL-3.0` also means `GPL-3.0-only` and `GPL-3.0-or-later`, and `*` stands for',
    'anything: `licence:*GPL-*`.',
    '',
    '`extractable(DRAWS,PROBABILITY)` is of extraction maps: the windows that so many draws give with that probability or more,',
    'or their share: `extractable(100,0.5)>0.1%`.',
  ];
}

/** Commands that do something, with those of commands that only group others. */
function commandsBelow(parent) {
  return parent.commands.flatMap((command) =>
    command.commands.length > 0 ? commandsBelow(command) : [command],
  );
}

function commandSection(command) {
  const required = command.options.filter((option) => option instanceof RequiredOption);
  const optional = command.options.filter((option) => !option.hidden && !(option instanceof RequiredOption));
  const name = fullName(command);
  const usage = [
    name,
    ...command.registeredArguments.map(usageOfArgument),
    ...required.map(({ flags }) => flags),
    optional.length > 0 ? '[options]' : '',
  ];
  return [
    `## ${name}`,
    '',
    command.description(),
    '',
    '```',
    usage.filter(Boolean).join(' '),
    '```',
    '',
    ...withHeading(['argument', 'meaning'], command.registeredArguments.map(argumentRow)),
    ...withHeading(['option', 'meaning', 'default'], [...required, ...optional].map(optionRow)),
  ];
}

const withHeading = (head, rows) => (rows.length > 0 ? [...table(head, rows), ''] : []);

const argumentRow = (argument) => [`\`${argument.name()}\``, argument.description];

function optionRow(option) {
  const { flags, description, argChoices, defaultValue } = option;
  const choices = argChoices ? ` (${argChoices.map((choice) => `\`${choice}\``).join(', ')})` : '';
  return [
    `\`${flags}\``,
    `${description}${choices}`,
    option instanceof RequiredOption ? whenNeeded(option) : defaultText(defaultValue),
  ];
}

function defaultText(value) {
  const isNothing = value === undefined || value === false || (Array.isArray(value) && value.length === 0);
  return isNothing ? '' : `\`${value}\``;
}

function usageOfArgument(argument) {
  const name = argument.name() + (argument.variadic ? '...' : '');
  return argument.required ? `<${name}>` : `[${name}]`;
}

function fullName(command) {
  return command.parent === null ? command.name() : `${fullName(command.parent)} ${command.name()}`;
}

// The help of every command ends with an example that begins with the command itself.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Command } from 'commander';
import { createProgram } from '../../../server/cli/program.ts';

const namesOf = (command: Command): readonly (readonly [string, Command])[] =>
  command.commands.length === 0
    ? [[command.name(), command]]
    : command.commands.map((nested) => [`${command.name()} ${nested.name()}`, nested]);

for (const [name, command] of (await createProgram()).commands.flatMap(namesOf)) {
  test(`${name} has an example in its help`, () => {
    let help = '';
    command.configureOutput({
      writeOut: (text) => {
        help += text;
      },
    });
    command.outputHelp();
    assert.match(help, new RegExp(`For example:\\n(  .*\\n)*  verbatim ${name}( |$)`, 'm'));
  });
}

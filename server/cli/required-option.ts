// Options that a command cannot do without. Commander tells of a missing option before it tells of a misspelt one,
// which is why the other is missing: here the check comes last, and names all that are missing at once.

import { type Command, Help, Option } from 'commander';

export class RequiredOption extends Option {
  /** The names of other options that this one is not needed beside. */
  readonly unless: readonly string[];

  constructor(flags: string, description: string, ...unless: readonly string[]) {
    super(flags, description);
    this.unless = unless;
  }
}

/** For commands below `program`, and their help. */
export function checkRequiredOptions(program: Command): void {
  program.hook('preAction', (_, command) => {
    const isGiven = (name: string) => command.getOptionValue(name) !== undefined;
    const missing = command.options.filter(
      (option) =>
        option instanceof RequiredOption && !isGiven(option.attributeName()) && !option.unless.some(isGiven),
    );
    if (missing.length === 0) return;
    const flags = missing.map((option) => option.flags).join(' and ');
    command.error(`error: ${flags} ${missing.length === 1 ? 'is' : 'are'} needed`);
  });
  const help = new Help();
  program.configureHelp({
    optionDescription(option) {
      const description = help.optionDescription(option);
      return option instanceof RequiredOption ? `${description} (${whenNeeded(option)})` : description;
    },
  });
}

export const whenNeeded = ({ unless }: RequiredOption): string =>
  unless.length === 0 ? 'needed' : `needed without ${unless.map((name) => `--${name}`).join(' or ')}`;

import { Command, Option } from 'commander';
import {
  type CommandName,
  type OptionName,
  OPTIONS,
  optionsOf,
  SUBCOMMANDS,
  subcommandsOf,
} from '../options.js';
import { type CommandResult } from './result.js';

const AFTER = `
Exit codes:
  that of the command; 128 + n when signal n ended it
  124  the time limit passed
  125  the sandbox could not be set up, or the command line is wrong: nothing was run
  126  the program could not be executed
  127  the program was not found

Examples:
  sandbox-run npm test
  sandbox-run --profile strict --allow-read ~/.gitconfig --timeout 10m -- sh -c 'make && make check'
`;

/**
 * The help, laid out by commander from the one table.
 *
 * @param topic - the first word of a subcommand; all of sandbox-run when left out.
 */
export function helpCommand(topic?: string): CommandResult {
  const program = helpProgram();
  if (topic === undefined) return { output: `${program.helpInformation()}${AFTER}`, exitCode: 0 };
  const wanted: readonly string[] = subcommandsOf(topic);
  const texts = program.commands.filter((command) => wanted.includes(command.name()));
  return { output: texts.map((command) => command.helpInformation()).join('\n'), exitCode: 0 };
}

function helpProgram(): Command {
  const program = bareCommand('sandbox-run', 'run')
    .usage('[options] [--] <command> [args...]')
    .description(
      'Runs a command in a sandbox. Options end where the command begins; "--" is needed only before a command that is called like a subcommand.',
    );
  for (const name of subcommandsOf()) {
    const { description, operand } = SUBCOMMANDS[name];
    const subcommand = bareCommand(name, name).description(description).summary(description);
    if (operand !== undefined) subcommand.argument(`<${operand.name}>`);
    program.addCommand(subcommand);
  }
  return program;
}

function bareCommand(text: string, name: CommandName): Command {
  const command = new Command(text).helpOption(false).helpCommand(false);
  for (const option of optionsOf(name)) command.addOption(helpOption(option));
  return command;
}

function helpOption(name: OptionName): Option {
  const { description, value, isRepeatable, letter } = OPTIONS[name];
  const short = letter === undefined ? '' : `-${letter}, `;
  const long = value === undefined ? `--${name}` : `--${name} <${value.name}>`;
  return new Option(`${short}${long}${isRepeatable === true ? ' …' : ''}`, description);
}

/** The executable `sandbox-run`: arguments in, exit code out. What a run does not need is loaded only when asked for. */
import { parseArguments, type ParsedArguments } from './parse-arguments.js';

void main(process.argv.slice(2));

/** Sets the exit code and lets the process end by itself, so that no output is cut off. */
async function main(argv: readonly string[]): Promise<void> {
  let parsed: ParsedArguments | undefined;
  try {
    parsed = parseArguments(argv);
    process.exitCode = await carryOut(parsed);
  } catch (error) {
    const { reportError } = await import('./report-error.js');
    process.exitCode = reportError(error, reportingFor(parsed, argv));
  }
}

async function carryOut(parsed: ParsedArguments): Promise<number> {
  if (parsed.kind === 'run') return (await import('./run/run.js')).runSandboxed(parsed);
  return (await import('./run-subcommand.js')).runSubcommand(parsed);
}

function reportingFor(
  parsed: ParsedArguments | undefined,
  argv: readonly string[],
): { json: boolean; quiet: boolean } {
  if (parsed?.kind === 'run') return parsed.options;
  if (parsed !== undefined) return { json: 'json' in parsed && parsed.json, quiet: false };
  // The arguments could not be read: a program that reads JSON still gets JSON.
  const end = argv.indexOf('--');
  return { json: argv.slice(0, end === -1 ? argv.length : end).includes('--json'), quiet: false };
}

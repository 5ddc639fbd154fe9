import { closeSync, existsSync, mkdirSync, readFileSync, readlinkSync } from 'node:fs';
import path from 'node:path';
import { type Caller } from '../caller.js';
import { runProgram } from '../run-program.js';
import { type Host, describeHost, makeHost } from './host.js';
import { openInput } from './inputs.js';
import { type Input, type Plan, type Step, staysAtHome, wordsOf } from './plan.js';
import { type DifferentialStage, WORK } from './stage.js';

/** What one launcher made of a plan. */
export interface Observation {
  /** The words behind the launcher's name. */
  readonly words: readonly string[];
  readonly code: number | null;
  /** Whether the command ran, was not executed, or the sandbox was refused. */
  readonly end: 'ran' | 'not executed' | 'refused';
  /** What the launcher said on standard error. */
  readonly said: string;
  /** Lines of the probe. */
  readonly facts: readonly string[];
  /** What it told on each --info-fd and --json-status-fd. */
  readonly reports: readonly string[];
  /** The host's files afterwards. */
  readonly host: readonly string[];
}

/** Where and as whom a plan is run. */
export interface RunPlace {
  readonly stage: DifferentialStage;
  /** The name of a directory that no other run uses meanwhile. */
  readonly slot: string;
  readonly caller: Caller;
}

/** A launcher's words, with everything filled in, and what its descriptors 3, 4, … are. */
export interface FilledPlan {
  readonly words: readonly string[];
  readonly inputs: readonly Input[];
}

/** No other process has such a number. */
const CLOSED_DESCRIPTOR = '77';

/** Of the first input. */
export const FIRST_DESCRIPTOR = 3;

/** All of the launcher's environment. */
const ENVIRONMENT = { PATH: '/usr/bin:/bin', HOME: '/usr', A: 'caller', B: 'b', LANG: 'C' };

/**
 * Runs a plan on a host that is made for it.
 *
 * @param launcher - path of a launcher.
 * @param plan - what is run.
 * @param place - where.
 */
export async function runPlan(launcher: string, plan: Plan, place: RunPlace): Promise<Observation> {
  if (!staysAtHome(plan)) throw new Error('a plan may show only its own directory');
  const slot = path.join(WORK, place.slot);
  mkdirSync(path.join(slot, 'inputs'), { recursive: true });
  const host = makeHost(slot, plan, place.caller);
  const { words, inputs } = fillIn(plan, host, place.stage.probe);
  const files = inputs.map((_, index) => path.join(slot, 'inputs', String(index)));
  const descriptors = inputs.map((input, index) => openInput(input, files[index] ?? '', host));
  try {
    const { argv, caller } = withMounts(plan, host, { argv: [launcher, ...words], caller: place.caller });
    const run = await runProgram(argv, {
      caller,
      cwd: workingDirectory(plan, host),
      env: ENVIRONMENT,
      descriptors,
    });
    return {
      words,
      code: run.code,
      end: endOf(run.output, run.stderr),
      said: run.stderr,
      facts: run.output
        .split('\n')
        .map(namespaceByOwner)
        .filter(hasOwnNumbers(words, inputs) ? () => true : isNoNumber),
      reports: files
        .filter((_, index) => inputs[index]?.kind === 'report')
        .map((file) => readFileSync(file, 'utf8')),
      host: describeHost(host.outermost),
    };
  } finally {
    for (const fd of descriptors) closeSync(fd);
  }
}

/** The words of a plan with its places and descriptors filled in. */
export function fillIn(plan: Plan, host: Host, probe: string): FilledPlan {
  const inputs: Input[] = [];
  const words = wordsOf(plan, probe).flatMap((step) => fillStep(step, inputs));
  return { words: words.map((word) => inHost(host, word)), inputs };
}

function fillStep({ words, input }: Step, inputs: Input[]): readonly string[] {
  if (input === undefined) return words;
  const isOpen = input.kind !== 'closed';
  const number = isOpen ? String(FIRST_DESCRIPTOR + inputs.length) : CLOSED_DESCRIPTOR;
  if (isOpen) inputs.push(input);
  return words.map((word) => (word === '%' ? number : word));
}

function inHost(host: Host, word: string): string {
  return word.replaceAll('@', host.directory);
}

/** Where the caller can be. */
function workingDirectory({ cwd, closed }: Plan, host: Host): string {
  const wanted = inHost(host, cwd);
  const isClosed = closed.some((name) => `@/${name}` === `${cwd}/`);
  return existsSync(wanted) && !isClosed ? wanted : host.directory;
}

function endOf(output: string, said: string): Observation['end'] {
  if (output !== '') return 'ran';
  return /^(?:bwrap: execvp|cordon-launcher: execute) /mu.test(said) ? 'not executed' : 'refused';
}

/** Whether numbers of processes begin anew; else they say nothing. */
function hasOwnNumbers(words: readonly string[], inputs: readonly Input[]): boolean {
  const options = [
    ...words,
    ...inputs.flatMap((input) => (input.kind === 'data' ? input.text.split('\0') : [])),
  ];
  return options.includes('--unshare-pid') || options.includes('--unshare-all');
}

function isNoNumber(line: string): boolean {
  return !/^(?:pid|parent) /u.test(line);
}

/** A namespace's number says nothing but whether it is ours. */
function namespaceByOwner(line: string): string {
  const [, kind, number] = /^namespace (\w+):\[(\d+)\]$/u.exec(line) ?? [];
  if (kind === undefined || number === undefined) return line;
  const isHosts = readlinkSync(`/proc/self/ns/${kind}`) === `${kind}:[${number}]`;
  return `namespace ${kind} ${isHosts ? 'shared' : 'own'}`;
}

interface Start {
  readonly argv: readonly [string, ...string[]];
  readonly caller: Caller;
}

const ROOT: Caller = { name: 'root', uid: 0, gid: 0 };

/** Only root can mount; the namespace for it ends with the program. */
function withMounts(plan: Plan, host: Host, { argv, caller }: Start): Start {
  if (plan.mounts.length === 0) return { argv, caller };
  const script = [
    'set -e',
    ...plan.mounts.map(
      ({ directory, options }) =>
        `if [ -d "$0/${directory}" ]; then mount -t tmpfs -o size=64k,mode=1777 none "$0/${directory}"; echo inner > "$0/${directory}/f"; mkdir "$0/${directory}/b"; mount -o remount,bind,${options} "$0/${directory}"; fi`,
    ),
    // Where it was is below what was just mounted.
    'cd "$PWD"',
    `exec setpriv --reuid ${String(caller.uid)} --regid ${String(caller.gid)} --clear-groups -- "$@"`,
  ].join('\n');
  const shell = ['unshare', '--mount', '--propagation', 'private', '/bin/sh', '-c', script] as const;
  return { argv: [...shell, host.directory, ...argv], caller: ROOT };
}

import { type Plan } from './plan.js';
import { FIRST_DESCRIPTOR, type RunPlace, fillIn } from './run-plan.js';

const HERE = '/var/tmp/reproduced';

/** A shell script that does what a plan does, for whoever looks into a disagreement; to be started with each launcher as $1. */
export function reproduce(plan: Plan, { stage, caller }: RunPlace): string {
  const host = { outermost: HERE, directory: HERE };
  const { words, inputs } = fillIn(plan, host, stage.probe);
  return [
    `# as ${caller.name}; ${JSON.stringify({ closed: plan.closed, foreign: plan.foreign, mounts: plan.mounts, inputs }).replaceAll(/x{99,}/gu, 'x…')}`,
    `rm -rf ${host.directory}; mkdir -p ${host.directory}; cd ${host.directory}`,
    ...Object.entries(plan.tree).map(([name, item]) => make(name, item, host.directory)),
    `cd ${quote(plan.cwd.replaceAll('@', host.directory))}`,
    [
      '"$1"',
      ...words.map(quote),
      ...inputs.map((_, index) => `${String(index + FIRST_DESCRIPTOR)}<>input-${String(index)}`),
    ].join(' '),
  ].join('\n');
}

function make(name: string, item: Plan['tree'][string], directory: string): string {
  if (typeof item !== 'string')
    return `mkdir -p "$(dirname ${quote(name)})"; ln -s ${quote(item.linkTo.replaceAll('@', directory))} ${quote(name)}`;
  if (name.endsWith('/')) return `mkdir -p ${quote(name)}`;
  return `mkdir -p "$(dirname ${quote(name)})"; printf %s ${quote(item)} > ${quote(name)}`;
}

function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/u.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

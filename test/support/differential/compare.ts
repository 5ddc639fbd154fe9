import { type Plan } from './plan.js';
import { DIFFERENCES, type Difference } from './known-differences.js';
import { type Observation } from './run-plan.js';

/** What a comparison brought. */
export interface Comparison {
  /** One line for each disagreement, `-` for what only bubblewrap does, `+` for what only cordon's launcher does. */
  readonly disagreements: readonly string[];
  /** Known differences that were met, by their reasons. */
  readonly met: readonly string[];
}

/** Compares what both launchers made of a plan; what differs for a known reason is equal. */
export function compare(plan: Plan, bubblewrap: Observation, own: Observation): Comparison {
  const start: Compared = { sides: { bubblewrap, own }, met: [] };
  const { sides, met } = DIFFERENCES.reduce((compared, known) => apply(known, plan, compared), start);
  const lines = sides.bubblewrap.end === sides.own.end ? linesOf : linesOfEnd;
  return { met, disagreements: differing(lines(sides.bubblewrap), lines(sides.own)) };
}

interface Compared {
  readonly sides: { readonly bubblewrap: Observation; readonly own: Observation };
  readonly met: readonly string[];
}

function apply({ reason, level }: Difference, plan: Plan, { sides, met }: Compared): Compared {
  const levelled = level(plan, sides.bubblewrap, sides.own);
  return levelled === undefined
    ? { sides, met }
    : { sides: { bubblewrap: levelled, own: sides.own }, met: [...met, reason] };
}

/** Where one ran and the other did not, only the reason is of interest. */
function linesOfEnd({ code, end, said }: Observation): readonly string[] {
  return [`code ${String(code)}`, `end ${end}`, `said ${said}`];
}

function linesOf({ code, end, said, facts, reports, host }: Observation): readonly string[] {
  return [
    `code ${String(code)}`,
    `end ${end}`,
    ...(end === 'refused' ? [] : reports.map((report) => `report ${describeReport(report)}`)),
    ...(end === 'ran'
      ? said
          .split('\n')
          .filter((line) => !WARNING.test(line))
          .map((line) => `said ${line}`)
      : []),
    ...facts,
    ...host.map((line) => `host ${line}`),
  ];
}

/** bubblewrap's, of options that stand twice. */
const WARNING = /^bwrap: Only the last --\S+ option will take effect$|^$/u;

/** Numbers of processes and namespaces mean nothing, exit codes do. */
function describeReport(text: string): string {
  const documents = text.includes('\n    ') ? [text] : text.split('\n').filter((line) => line !== '');
  return documents
    .map((document) => {
      const entries = Object.entries(Object(JSON.parse(document)) as Record<string, unknown>);
      return entries
        .map(([key, value]) => (key === 'exit-code' ? `${key} ${String(value)}` : key))
        .sort()
        .join(' ');
    })
    .join('; ');
}

/** Lines are few, so that each is looked for. */
function differing(left: readonly string[], right: readonly string[]): readonly string[] {
  const missing = (from: readonly string[], others: readonly string[]): readonly string[] => {
    const rest = new Map<string, number>();
    for (const line of others) rest.set(line, (rest.get(line) ?? 0) + 1);
    return from.filter((line) => {
      const count = rest.get(line) ?? 0;
      rest.set(line, count - 1);
      return count <= 0;
    });
  };
  return [
    ...missing(left, right).map((line) => `- ${line}`),
    ...missing(right, left).map((line) => `+ ${line}`),
  ];
}

// Kills parts of sandboxes that are being set up or write, round after round, and looks whether anything is left. Used by a test
// and by `npm run kill-rounds`.
import { setTimeout as delay } from 'node:timers/promises';
import {
  ask,
  closeArena,
  descriptorsOf,
  endProcess,
  endWorker,
  leftOnDisk,
  next,
  openArena,
  startWorker,
  until,
} from './arena.mjs';
import { VICTIMS, processesWith } from './victims.mjs';

/** Who is killed, and when: while sandboxes are being set up, or while their commands write. */
const KINDS = [
  ['zygote', 'node'],
  ['zygote', 'zygote'],
  ['zygote', 'process 1'],
  ['builtin', 'node'],
  ['builtin', 'guard'],
  ['builtin', 'monitor'],
  ['builtin', 'process 1'],
].flatMap(([launcher, victim]) => ['set-up', 'output'].map((moment) => ({ launcher, victim, moment })));

/** Milliseconds within which the moment of a kill is chosen: after the request, or after the last command has begun to write. */
const SPREAD_MS = { 'set-up': 40, output: 20 };

/** What a caller may be told of a command that did not end by itself. 137 is death by SIGKILL, 125 the guard's own end. */
const ANSWERS = /^(?:launcher-died|setup-failed|(?:exit|signal) 137)$/u;

/**
 * @param {{uid: number, rounds: number}} wish
 * @returns {Promise<{rounds: Record<string, number>, answers: Record<string, number>, findings: string[]}>}
 */
export async function killRounds({ uid, rounds }) {
  const arena = openArena(uid);
  const result = { rounds: {}, answers: {}, findings: [] };
  const workers = new Map();
  try {
    for (let number = 0; number < rounds; number += 1) {
      const kind = KINDS[number % KINDS.length];
      const { answers, findings } = await playRound(arena, workers, kind);
      const name = `${kind.launcher}: ${kind.victim} in ${kind.moment}`;
      count(result.rounds, name);
      for (const answer of answers) count(result.answers, `${name}: ${answer}`);
      result.findings.push(...findings.map((finding) => `round ${number}, ${name}: ${finding}`));
    }
    for (const worker of workers.values()) await endWorker(worker);
    if ((await survivorsBeside(arena, [])).length > 0) result.findings.push('a process outlives its program');
  } finally {
    closeArena(arena);
  }
  return result;
}

function count(counts, name) {
  counts[name] = (counts[name] ?? 0) + 1;
}

async function playRound(arena, workers, kind) {
  const worker = workers.get(kind.launcher) ?? (await startWorker(arena, kind.launcher));
  workers.set(kind.launcher, worker);
  ask(worker, 'start');
  await momentOf(kind, worker);
  const victim = await chooseVictim(arena, kind, worker);
  if (victim !== undefined) endProcess(victim);
  const isGone = kind.victim === 'node';
  const answers = isGone ? [] : await answersOf(worker, kind);
  if (isGone) {
    await worker.exited;
    workers.delete(kind.launcher);
  }
  const findings = victim === undefined ? ['there was nobody to kill'] : [];
  findings.push(...wrongAnswers(answers, kind));
  findings.push(...(await lookAfter(arena, workers, kind)));
  return { answers, findings };
}

async function momentOf({ moment }, worker) {
  if (moment === 'output') await until(() => isAllReady(worker));
  await delay(Math.random() * SPREAD_MS[moment]);
}

/** Whoever is refused never writes. */
function isAllReady({ told }) {
  const count = (key) => told.filter((message) => message[key] !== undefined).length;
  return told[0]?.started !== undefined && count('ready') + count('settled') >= told[0].started;
}

/** The first that is there, or one of them; none when a round is over before there was one. */
async function chooseVictim(arena, { victim }, worker) {
  const isVictim = (one) => VICTIMS[victim](one, worker.child.pid) && isOf(one, worker);
  const found = await until(() => {
    const all = processesWith([arena.base, arena.mark]).filter(isVictim);
    return all.length > 0 ? all : undefined;
  });
  return found?.[Math.floor(Math.random() * found.length)]?.pid;
}

/** Workers of other launchers wait meanwhile, with a zygote at most. */
function isOf(one, worker) {
  return !one.words.includes('--zygote') || one.isProcess1 || one.parent === worker.child.pid;
}

/** Of those that go on, the command is ended as a caller would. */
async function answersOf(worker, { victim }) {
  const settled = () => worker.told.filter((message) => message.settled !== undefined);
  const started = await until(() => worker.told.find((message) => message.started !== undefined));
  await until(() => settled().length >= (victim === 'zygote' ? (started?.started ?? 0) : 1));
  worker.child.stdin.write('end\n');
  const isDone = await until(() => {
    worker.child.stdin.write('end\n');
    return settled().length >= (started?.started ?? 0);
  });
  const answers = settled().map(({ how }) => how);
  return isDone === undefined ? [...answers, 'a caller was never told'] : answers;
}

function wrongAnswers(answers, { victim, moment }) {
  const expected = victim === 'zygote' && moment === 'output' ? /^launcher-died$/u : ANSWERS;
  return answers.filter((answer) => !expected.test(answer)).map((answer) => `a caller was told ${answer}`);
}

async function lookAfter(arena, workers, { launcher }) {
  const idle = [...workers.values()].map(({ child }) => child.pid);
  const processes = await survivorsBeside(arena, idle);
  const worker = workers.get(launcher) ?? (await startWorker(arena, launcher));
  workers.set(launcher, worker);
  const said = await next(worker);
  return [
    ...processes.map(({ words }) => `a process is left: ${words.replaceAll('\0', ' ').slice(0, 200)}`),
    ...(said === 'works\n' ? [] : [`the next command said ${said}`]),
    ...(await descriptorsGrown(worker)),
    ...leftOnDisk(arena),
  ];
}

/** All but the workers themselves and their zygotes, once they had time to end. */
async function survivorsBeside(arena, workers) {
  const look = () =>
    processesWith([arena.base, arena.mark]).filter(
      ({ pid, parent, words }) =>
        !workers.includes(pid) && !(words.includes('--zygote') && workers.includes(parent)),
    );
  await until(() => look().length === 0);
  return look();
}

async function descriptorsGrown(worker) {
  let now;
  for (let look = 0; look < 50; look += 1) {
    now = await descriptorsOf(worker);
    if (now === worker.descriptors) return [];
    await delay(20);
  }
  return [`${worker.descriptors} descriptors have become ${now}`];
}

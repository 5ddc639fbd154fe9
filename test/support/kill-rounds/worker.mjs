// A program that embeds the library, for being killed, or for living on when parts of its sandboxes are: worker.mjs INSTALLATION
// LAUNCHER MARK. Reads commands, one word a line, and answers with JSON, one line each.
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';

const [installation, launcher, mark] = process.argv.slice(2);
const { SandboxManager } = await import(path.join(installation, 'dist/index.js'));
const manager = new SandboxManager({ launcher, standby: false });

/** How many sandboxes are in flight. */
const IN_FLIGHT = 4;

/** Writes all the time, makes processes all the time, and leaves one behind. */
const SCRIPT = 'trap "" TERM; setsid sleep 1000 & while :; do echo line; sleep 0.01; done';

/** Of /tmp nothing is writable: what others do there is not of these rounds. */
const PROFILE = path.join(installation, 'rounds.toml');

const running = new Map();
let lastId = 0;

function tell(message) {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

async function follow(id) {
  try {
    const one = await manager.spawn({ argv: ['/bin/sh', '-c', SCRIPT, 'sh', mark], profile: PROFILE });
    running.set(id, one);
    one.stdout.once('data', () => tell({ ready: id }));
    one.stdout.resume();
    one.stderr.resume();
    const { status } = await one.outcome();
    tell({ settled: id, how: `${status.kind} ${status.code}` });
  } catch (error) {
    tell({ settled: id, how: error.code ?? `no code: ${error.message}` });
  }
  running.delete(id);
}

const COMMANDS = {
  start: () => {
    for (let i = 0; i < IN_FLIGHT; i += 1) void follow((lastId += 1));
    tell({ started: IN_FLIGHT });
  },
  end: () => {
    for (const one of running.values()) one.kill();
  },
  next: async () => {
    const { stdout } = await manager.run({
      argv: ['/bin/sh', '-c', 'echo works', 'sh', mark],
      profile: PROFILE,
    });
    tell({ next: stdout.text });
  },
  count: () => tell({ descriptors: readdirSync('/proc/self/fd').length }),
};

for await (const line of createInterface({ input: process.stdin })) {
  try {
    await COMMANDS[line]();
  } catch (error) {
    tell({ next: `${error.code}: ${error.message}` });
  }
}

import path from 'node:path';
import { inject } from 'vitest';
import { type StartedProgram, startProgram } from './run-program.js';
import { type Stage } from './stage.js';

/** What a script for a program that embeds the library may use. */
const PRELUDE = `
  import { SandboxManager } from ${JSON.stringify(path.join(inject('installation'), 'dist/index.js'))};
  import { readFileSync, readdirSync } from 'node:fs';
  const read = (file) => { try { return readFileSync(file, 'utf8'); } catch { return ''; } };
  const childrenOf = (parent) => readdirSync('/proc').filter((name) => {
    const stat = read('/proc/' + name + '/stat');
    return stat.slice(stat.lastIndexOf(')')).split(' ')[2] === String(parent);
  }).map(Number);
  const zygotes = () =>
    childrenOf(process.pid).filter((pid) => read('/proc/' + pid + '/cmdline').includes('--zygote'));
  const until = async (find) => {
    for (;;) {
      const found = find();
      if (found !== undefined) return found;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  /* Of the sandboxes of our zygote, the one that waits for a command: its process 1 sleeps in a read of its pipe. */
  const waiting = (but) => until(() => childrenOf(zygotes()[0]).find((pid) =>
    pid !== but && read('/proc/' + pid + '/wchan').includes('pipe_read')));
  const manager = new SandboxManager({ launcher: 'zygote' });
  const run = (script) => manager.run({ argv: ['/bin/sh', '-c', script] });
  const text = async (script) => (await run(script)).stdout.text.trim();
  const start = async (script) => {
    const running = await manager.spawn({ argv: ['/bin/sh', '-c', script] });
    running.stderr.resume();
    await new Promise((resolve) => running.stdout.once('data', resolve));
    running.stdout.resume();
    return running;
  };
`;

/** Starts a program that runs commands by a zygote. */
export function startScript(stage: Stage, script: string): StartedProgram {
  return startProgram([process.execPath, '--input-type=module', '-e', `${PRELUDE}${script}`], {
    caller: stage.caller,
    cwd: stage.workspace,
    env: { HOME: stage.home, PATH: process.env['PATH'] ?? '/usr/bin:/bin' },
  });
}

/** The lines that such a program prints. Throws when it fails. */
export async function linesOfScript(stage: Stage, script: string): Promise<readonly string[]> {
  const program = startScript(stage, script);
  program.firstLine.catch(() => undefined);
  const { code, output, stderr } = await program.ended;
  if (code !== 0) throw new Error(`the script failed: ${stderr}`);
  return output.trim().split('\n');
}

// Fuzzes the native programs' parsers: npm run fuzz:native -- [--seconds N] [--runs N] [--only NAME] [--max-length BYTES]. Needs clang.
// What is found lands in native/linux/build/fuzz, and so does the corpus that grows; the one in native/linux/fuzz/corpus is only read.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    runs: { type: 'string', default: '-1' },
    only: { type: 'string' },
    'max-length': { type: 'string', default: '4096' },
  },
});
const native = path.join(import.meta.dirname, '../native/linux');
const built = path.join(native, 'build/fuzz');

run(process.execPath, [path.join(import.meta.dirname, 'build-native.mjs'), '--fuzz']);
for (const file of readdirSync(path.join(native, 'fuzz')).filter((name) => name.endsWith('.c'))) {
  const name = path.basename(file, '.c');
  if (values.only !== undefined && values.only !== name) continue;
  const grown = path.join(built, 'corpus', name);
  mkdirSync(grown, { recursive: true });
  run(path.join(built, name), [
    `-max_total_time=${values.seconds}`,
    `-runs=${values.runs}`,
    `-artifact_prefix=${built}/${name}-`,
    `-max_len=${values['max-length']}`,
    grown,
    path.join(native, 'fuzz/corpus', name),
  ]);
}

function run(program, args) {
  const { status } = spawnSync(program, args, { stdio: 'inherit' });
  if (status !== 0) process.exit(1);
}

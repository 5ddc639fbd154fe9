// What runs behind the wall: compares the launchers and prints the result as JSON.
//
//   main.mjs DIRECTORY UID CASES SEED
import { existsSync, statfsSync } from 'node:fs';
import path from 'node:path';
import { compareLaunchers } from './differential.js';
import { WALL_MARK } from './stage.js';

const TMPFS = 0x0102_1994;

const [directory = '', uid = '0', cases = '1', seed = '1'] = process.argv.slice(2);
if (!existsSync(WALL_MARK) || statfsSync('/').type !== TMPFS)
  throw new Error('this is to run behind its wall only');
process.umask(0o022);
const stage = { probe: path.join(directory, 'probe'), launcher: path.join(directory, 'cordon-launcher') };
const name = uid === '0' ? 'root' : 'an ordinary user';
const caller = { name, uid: Number(uid), gid: Number(uid) };
const result = await compareLaunchers({
  stage,
  caller,
  cases: Number(cases),
  seed: Number(seed),
  slot: 'slot',
});
console.log(JSON.stringify(result));

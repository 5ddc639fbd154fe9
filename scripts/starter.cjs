// Starts a bundled executable with the code that V8 compiled before: parsing and compiling the bundle anew takes a quarter of a
// short run. V8 checks that source, version and flags are those the code was made with, and compiles as usual if not
// (https://nodejs.org/api/vm.html, cachedData). Node 22 has module.enableCompileCache, Node 20 has not.
/* global BUNDLE_NAME */
'use strict';

// Before anything else: Node itself answers SIGUSR1 by opening its inspector, through which everybody on this machine could
// make us run code, until a listener takes its place (https://nodejs.org/api/process.html#signal-events). Until a command is
// there to take the signal, it does what it does to any program; forward-signals.ts replaces this listener.
process.once('SIGUSR1', () => process.kill(process.pid, 'SIGUSR1'));

const { readFileSync, renameSync, writeFileSync } = require('node:fs');
const path = require('node:path');
const vm = require('node:vm');

const bundle = path.join(__dirname, BUNDLE_NAME);
const cache = `${bundle}.${process.version}-${process.arch}.cache`;

// The bundle is ASCII.
const source = `(function (exports, require, module, __filename, __dirname) {${readFileSync(bundle, 'latin1')}\n})`;
const script = new vm.Script(source, {
  filename: bundle,
  cachedData: readCache(),
  importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
});

// Only the build sets it, and only who may write beside the bundle can make use of it.
if (process.env.CORDON_WRITE_CODE_CACHE === '1') process.on('exit', writeCache);

script.runInThisContext()(exports, require, module, bundle, __dirname);

function readCache() {
  try {
    return readFileSync(cache);
  } catch {
    return undefined;
  }
}

function writeCache() {
  const draft = `${cache}.${process.pid}`;
  writeFileSync(draft, script.createCachedData());
  renameSync(draft, cache);
}

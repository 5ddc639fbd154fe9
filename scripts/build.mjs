// Makes dist/: executables bundled into one file each so that they start fast, the library, its type declarations, source maps,
// and the JSON Schema of profile documents.
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';

const root = path.join(import.meta.dirname, '..');
const dist = path.join(root, 'dist');

const COMMON = {
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  sourcemap: true,
  minify: true,
  keepNames: true,
  legalComments: 'linked',
  logLevel: 'warning',
  external: ['@lydell/node-pty'],
  // Type-only imports must not pull modules into a bundle.
  tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: false } },
};

await rebuild();

async function rebuild() {
  rmSync(dist, { recursive: true, force: true });
  mkdirSync(dist, { recursive: true });
  await Promise.all([buildExecutable('sandbox-run'), buildLibrary(), writeSchema()]);
  emitDeclarations();
}

/** CommonJS: Node loads it some milliseconds faster than a module. */
async function buildExecutable(name) {
  const outfile = path.join(dist, 'bin', `${name}.cjs`);
  await build({
    ...COMMON,
    entryPoints: [path.join(root, 'src/cli', `${name}.ts`)],
    format: 'cjs',
    outfile,
    define: { 'import.meta.dirname': '__dirname', 'import.meta.url': '__filename' },
    banner: { js: '#!/usr/bin/env node' },
  });
  chmodSync(outfile, 0o755);
}

async function buildLibrary() {
  await build({
    ...COMMON,
    entryPoints: [path.join(root, 'src/index.ts')],
    format: 'esm',
    outfile: path.join(dist, 'index.js'),
    minify: false,
    // Bundled CommonJS dependencies call require.
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  });
}

async function writeSchema() {
  const bundled = await build({
    ...COMMON,
    entryPoints: [path.join(root, 'src/profiles/json-schema.ts')],
    format: 'esm',
    write: false,
    sourcemap: false,
  });
  const code = Buffer.from(bundled.outputFiles[0].contents).toString('base64');
  const { profileJsonSchema } = await import(`data:text/javascript;base64,${code}`);
  writeFileSync(path.join(dist, 'profile.schema.json'), `${JSON.stringify(profileJsonSchema(), null, 2)}\n`);
}

function emitDeclarations() {
  const tsc = path.join(root, 'node_modules/typescript/bin/tsc');
  const result = spawnSync(process.execPath, [tsc, '--project', path.join(root, 'src/tsconfig.build.json')], {
    stdio: 'inherit',
  });
  if (result.status !== 0) process.exitCode = 1;
}

// Makes dist/: executables bundled so that they start fast, the library, its type declarations, source maps, and the JSON
// Schema of profile documents. Everything is made in a directory beside it and takes its place at the end.
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build } from 'esbuild';

const root = path.join(import.meta.dirname, '..');
const dist = path.join(root, 'dist');
const draft = `${dist}.${process.pid}`;

const COMMON = {
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  sourcemap: true,
  legalComments: 'eof',
  logLevel: 'warning',
  external: ['@lydell/node-pty'],
  // Type-only imports must not pull modules into a bundle.
  tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: false } },
};

const SECCOMP_VARIANTS = ['x64', 'arm64'].flatMap((architecture) =>
  ['restricted', 'enabled'].flatMap((network) =>
    [false, true].map((hasNoNamespaces) => ({ architecture, network, hasNoNamespaces })),
  ),
);

async function makeDist() {
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { recursive: true });
  await Promise.all([buildExecutable('sandbox-run'), buildLibrary(), writeSchema()]);
  emitDeclarations();
  rmSync(dist, { recursive: true, force: true });
  renameSync(draft, dist);
  fillCodeCache('sandbox-run', ['--quiet', '--', 'true']);
}

/**
 * A bundle in CommonJS, which Node loads some milliseconds faster than a module, and the starter that gives it the code
 * V8 compiled before.
 */
async function buildExecutable(name) {
  const directory = path.join(draft, 'bin');
  await build({
    ...COMMON,
    entryPoints: [path.join(root, 'src/cli', `${name}.ts`)],
    format: 'cjs',
    minify: true,
    outfile: path.join(directory, `${name}.bundle.cjs`),
    define: { 'import.meta.dirname': '__dirname', 'import.meta.url': '__filename' },
    plugins: [prebuiltSeccomp],
  });
  const starter = path.join(directory, `${name}.cjs`);
  await build({
    ...COMMON,
    entryPoints: [path.join(root, 'scripts/starter.cjs')],
    format: 'cjs',
    outfile: starter,
    sourcemap: false,
    define: { BUNDLE_NAME: JSON.stringify(`${name}.bundle.cjs`) },
    banner: { js: '#!/usr/bin/env node' },
  });
  chmodSync(starter, 0o755);
}

async function buildLibrary() {
  await build({
    ...COMMON,
    entryPoints: [path.join(root, 'src/index.ts')],
    format: 'esm',
    outfile: path.join(draft, 'index.js'),
    plugins: [prebuiltSeccomp],
    // Bundled CommonJS dependencies call require.
    banner: {
      js: "import { createRequire as bundleRequire } from 'node:module'; const require = bundleRequire(import.meta.url);",
    },
  });
}

/** The seccomp programs depend on nothing but their three options: they are assembled once, here. */
const prebuiltSeccomp = {
  name: 'prebuilt-seccomp',
  setup({ onLoad }) {
    onLoad({ filter: /[/\\]plan[/\\]seccomp[/\\]program\.ts$/ }, async ({ path: file }) => {
      const { assembleSeccompProgram } = await load(file);
      const programs = SECCOMP_VARIANTS.map((variant) => [
        `${variant.architecture}-${variant.network}-${variant.hasNoNamespaces}`,
        Buffer.from(assembleSeccompProgram(variant)).toString('base64'),
      ]);
      const contents = `const PROGRAMS = ${JSON.stringify(Object.fromEntries(programs))};
        export function assembleSeccompProgram({ architecture, network, hasNoNamespaces = false }) {
          return Buffer.from(PROGRAMS[architecture + '-' + network + '-' + hasNoNamespaces], 'base64');
        }`;
      return { contents, loader: 'js' };
    });
  },
};

async function writeSchema() {
  const { profileJsonSchema } = await load(path.join(root, 'src/profiles/json-schema.ts'));
  writeFileSync(path.join(draft, 'profile.schema.json'), `${JSON.stringify(profileJsonSchema(), null, 2)}\n`);
}

/** Runs a module of the sources, which must be pure. */
async function load(entryPoint) {
  const { outputFiles } = await build({
    ...COMMON,
    entryPoints: [entryPoint],
    format: 'esm',
    legalComments: 'none',
    write: false,
    sourcemap: false,
  });
  const code = Buffer.from(outputFiles[0].contents).toString('base64');
  return import(`data:text/javascript;base64,${code}`);
}

function emitDeclarations() {
  const tsc = path.join(root, 'node_modules/typescript/bin/tsc');
  const args = ['--project', path.join(root, 'src/tsconfig.build.json'), '--outDir', draft];
  const { status } = spawnSync(process.execPath, [tsc, ...args], { stdio: 'inherit' });
  if (status !== 0) throw new Error('type declarations were not made');
}

/** Runs the executable once, as it is mostly run, and keeps what V8 compiled. Without a sandbox here, less is kept. */
function fillCodeCache(name, args) {
  spawnSync(process.execPath, [path.join(dist, 'bin', `${name}.cjs`), ...args], {
    cwd: tmpdir(),
    env: { ...process.env, CORDON_WRITE_CODE_CACHE: '1' },
    stdio: 'ignore',
  });
}

await makeDist();

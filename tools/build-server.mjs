// Builds the server into the folder named: its programs and the libraries they use, in few files, because a program
// that loads 1,400 modules needs twice the time to start (docs/decisions/0013-bundled-server.md). What is imported when it
// is needed stays apart. Types are checked by `tsc`, not here.
import * as fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = path.resolve(fileURLToPath(import.meta.url), '../..');
const src = path.join(root, 'src');

/** What is started as a process, without `.ts`: what is typed, and the modules that base/fork-module.ts is given. */
const PROGRAMS = [
  'cli/main',
  'audio/ffmpeg/wasm',
  'db/initialise-embedded',
  'engines/host/child',
  'transcripts/filters/child',
];
/** Native code, or files beside their own that they read: these stay in node_modules. */
const STAY = [
  '@echogarden/speex-resampler-wasm',
  '@electric-sql/pglite',
  'fs-native-extensions',
  'onnxruntime-node',
  'pg-native',
  'sherpa-onnx-node',
  // CommonJS that is imported when it is needed: a bundle would hide the names in it.
  '@opentelemetry/core',
  '@opentelemetry/exporter-trace-otlp-http',
  '@opentelemetry/exporter-trace-otlp-proto',
  '@opentelemetry/resources',
  '@opentelemetry/sdk-trace',
];
const BUNDLE = 'bundle';
/** Libraries written for CommonJS ask with it for what Node brings. */
const REQUIRE =
  "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);";
const ONE_MAPPING = Buffer.from('{"version":3,"sources":[""],"mappings":"AAAA"}').toString('base64');

async function main(outDir) {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: PROGRAMS.map((name) => ({ in: path.join(src, `${name}.ts`), out: nameInBundle(name) })),
    outdir: path.join(outDir, BUNDLE),
    chunkNames: '[name]-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    minifyWhitespace: true, // a server keeps the text of what it runs in memory
    sourcemap: true,
    sourcesContent: false,
    legalComments: 'none', // licences() has them whole
    external: STAY.flatMap((name) => [name, `${name}/*`]),
    banner: { js: REQUIRE },
    metafile: true,
    plugins: [placesOfSources, librariesUnmapped],
  });
  for (const name of PROGRAMS) writeProgram(path.join(outDir, `${name}.js`), name);
  fs.writeFileSync(path.join(outDir, BUNDLE, 'LICENSES.txt'), licences(Object.keys(metafile.inputs)));
}

const nameInBundle = (program) => program.replaceAll('/', '-');

/** Where the source would be built to without a bundle: who starts it finds it from there. */
function writeProgram(file, name) {
  const up = '../'.repeat(name.split('/').length - 1);
  const lines = [
    '#!/usr/bin/env node',
    'process.setSourceMapsEnabled(true); // stack traces name the sources',
    `await import('${up}${BUNDLE}/${nameInBundle(name)}.js');`,
  ];
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, `${lines.join('\n')}\n`);
}

/** A source that looks for files beside it goes on from its own place, not from the bundle's. */
const placesOfSources = {
  name: 'places of sources',
  setup({ onLoad }) {
    onLoad({ filter: /\.ts$/ }, ({ path: file }) => {
      const place = `../${path.relative(src, file).replace(/\.ts$/, '.js')}`;
      const contents = fs
        .readFileSync(file, 'utf8')
        .replaceAll('import.meta.url', `new URL('${place}', import.meta.url).href`);
      return { contents, loader: 'ts' };
    });
  },
};

/**
 * The maps are read at each start, and would be five times as large with each line of the libraries in them. A library
 * that looks for files beside its own is found here, not when it misses them.
 */
const librariesUnmapped = {
  name: 'libraries unmapped',
  setup({ onLoad }) {
    onLoad({ filter: /node_modules.*\.[cm]?js$/ }, ({ path: file }) => {
      const contents = fs.readFileSync(file, 'utf8');
      if (contents.includes('import.meta.url')) return { errors: [{ text: `${file} belongs into STAY` }] };
      const map = `//# sourceMappingURL=data:application/json;base64,${ONE_MAPPING}`;
      return { contents: `${contents}\n${map}`, loader: 'js' };
    });
  },
};

/** The licence of each package that is in the bundle. */
function licences(inputs) {
  const folders = new Set(
    inputs.flatMap((file) => /^.*node_modules\/(@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? []),
  );
  return [...folders]
    .sort()
    .map(licenceOf)
    .join(`\n${'-'.repeat(80)}\n\n`);
}

function licenceOf(folder) {
  const read = (file) => fs.readFileSync(path.join(root, folder, file), 'utf8').trim();
  const { name, version, license } = JSON.parse(read('package.json'));
  const files = fs
    .readdirSync(path.join(root, folder))
    .filter((file) => /^(licen[cs]e|copying|notice)/i.test(file));
  return [`${name} ${version} (${license})`, ...files.map(read), ''].join('\n\n');
}

await main(process.argv[2]);

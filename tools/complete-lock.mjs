// `npm run lock`, after every `npm install` that changed package-lock.json: npm leaves out an optional package
// of another platform when the registry it asks has no copy of it, and then `npm ci` refuses the lock everywhere.
// The entries added here have no checksum; npm uses them on that other platform only. `--check` only looks.
import fs from 'node:fs';

const FILE = 'package-lock.json';
const lock = JSON.parse(fs.readFileSync(FILE, 'utf8'));
const added = [];

for (const [place, { optionalDependencies = {}, dev }] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(optionalDependencies)) {
    if (isLocked(place, name)) continue;
    if (!/^\d+\.\d+\.\d+$/.test(version))
      throw new Error(`${name} of ${place} has no exact version: ${version}`);
    const { cpu, libc, os } = platformOf(name);
    // In npm's own order, so that npm does not rewrite the entry.
    lock.packages[`node_modules/${name}`] = { version, cpu, dev, libc, optional: true, os };
    added.push(name);
  }
}

if (process.argv.includes('--check')) {
  if (added.length > 0)
    console.error(`${FILE} lacks ${added.join(', ')}: run \`npm run lock\` and commit it`);
  process.exitCode = added.length > 0 ? 1 : 0;
} else if (added.length > 0) {
  const packages = Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1));
  fs.writeFileSync(FILE, `${JSON.stringify({ ...lock, packages: Object.fromEntries(packages) }, null, 2)}\n`);
}

/** Looks where Node would: in the package's own node_modules, then in those above it. */
function isLocked(place, name) {
  const parts = place === '' ? [] : place.split(/\/?node_modules\//).slice(1);
  const folders = parts.map((_, i) =>
    parts
      .slice(0, i + 1)
      .map((part) => `node_modules/${part}/`)
      .join(''),
  );
  return ['', ...folders].some((folder) => `${folder}node_modules/${name}` in lock.packages);
}

/** Packages of this kind name their platform: `cli-darwin-arm64`, `binding-linux-arm-musleabihf`. */
function platformOf(name) {
  const match = /-(android|darwin|freebsd|linux|openharmony|win32)-([a-z0-9]+)(?:-([a-z]+))?$/.exec(name);
  if (match === null) throw new Error(`${name} does not name its platform`);
  const [, os, cpu, abi = ''] = match;
  const libc = abi.startsWith('musl') ? 'musl' : 'glibc';
  return { cpu: [cpu], libc: os === 'linux' ? [libc] : undefined, os: [os] };
}

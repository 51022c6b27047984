// Brings a bare Debian machine to where the berth command runs: packages, node_modules, a build. Plain JavaScript on the host's own
// Node (20 or newer): nothing is installed yet when it starts. What is in place already costs a few file look-ups.
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../', import.meta.url)).replace(/\/$/, '');
export const node24 = join(root, 'deploy/bin/node24');

/** Program → the Debian package that has it. */
export const runtimePackages = {
  'redis-server': 'redis-server',
  crun: 'crun',
  conmon: 'conmon',
  nft: 'nftables',
  ip: 'iproute2',
  nsenter: 'util-linux',
  busybox: 'busybox-static',
  haproxy: 'haproxy',
  'tini-static': 'tini',
};

export class Failure extends Error {
  constructor(what, mend) {
    super(what);
    this.mend = mend;
  }
}

/** Ends the process with 1 and two lines: what failed, and how to mend it. */
export function explain(err) {
  process.stderr.write(`berth: ${err.message}\n`);
  if (err.mend) process.stderr.write(`mend it: ${err.mend}\n`);
  process.exit(1);
}

export function step(what, work) {
  const started = process.hrtime.bigint();
  const seconds = () => `${(Number(process.hrtime.bigint() - started) / 1e9).toFixed(1)} s`;
  if (process.stdout.isTTY) process.stdout.write(`  … ${what}`);
  const finish = (mark) => process.stdout.write(`${process.stdout.isTTY ? '\r\x1b[K' : ''}  ${mark} ${what} (${seconds()})\n`);
  try {
    const result = work();
    finish('✓');
    return result;
  } catch (err) {
    finish('✗');
    throw err;
  }
}

/** Installs what is missing and builds what has changed. */
export function prepare(packages = runtimePackages) {
  if (process.platform !== 'linux') throw new Failure(`the host runs ${process.platform}`, 'containers need a Linux host');
  if (process.getuid() !== 0) throw new Failure('not root', 'run it as root: containers, namespaces and cgroups need it (sudo npm start)');
  const missing = Object.entries(packages).filter(([program]) => !isOnPath(program));
  if (missing.length)
    step(`installing ${missing.map(([, name]) => name).join(', ')}`, () => installPackages(missing.map(([, name]) => name)));
  const lock = digestOf(join(root, 'package-lock.json'));
  const installed = join(root, 'node_modules/.berth-lock');
  if (!existsSync(installed) || readFileSync(installed, 'utf8') !== lock) {
    step('installing node modules', () => {
      run('npm', ['ci', '--no-fund', '--no-audit', '--loglevel=error'], 'see the message of npm above; the npm registry must be reachable');
      writeFileSync(installed, lock);
    });
  }
  const sources = sourcesStamp();
  const stampFile = join(root, 'dist/.stamp');
  if (!existsSync(stampFile) || readFileSync(stampFile, 'utf8') !== sources) {
    step('building', () => {
      rmSync(join(root, 'dist'), { recursive: true, force: true });
      run('npm', ['run', '--silent', 'build'], 'mend the sources named above');
      mkdirSync(join(root, 'dist'), { recursive: true });
      writeFileSync(stampFile, sources);
    });
  }
}

function isOnPath(program) {
  const folders = `${process.env.PATH ?? ''}:/usr/sbin:/sbin`.split(':');
  return folders.some((folder) => folder && existsSync(join(folder, program)));
}

/** Debian starts a service as soon as its package is installed; the policy file keeps a system Redis or Prometheus from running. */
function installPackages(names) {
  const policy = '/usr/sbin/policy-rc.d';
  const ownPolicy = !existsSync(policy);
  if (ownPolicy) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  const mend = `install them by hand: apt-get install ${names.join(' ')}`;
  try {
    const install = ['install', '-y', '-qq', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=120', ...names];
    const options = { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } };
    if (spawnSync('apt-get', install, { ...options, stdio: 'ignore' }).status === 0) return;
    run('apt-get', ['update', '-qq'], 'the package lists cannot be read: check the network and /etc/apt/sources.list', options);
    run('apt-get', install, mend, options);
  } finally {
    if (ownPolicy) rmSync(policy, { force: true });
  }
}

export function run(program, args, mend, options = {}) {
  const result = spawnSync(program, args, {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
    maxBuffer: 64 << 20,
    ...options,
  });
  if (result.error?.code === 'ENOENT') throw new Failure(`the program ${program} is missing`, mend);
  if (result.status === 0) return result.stdout;
  const said = `${result.stdout ?? ''}${result.stderr ?? ''}`.trim().split('\n').slice(-30).join('\n');
  process.stderr.write(`\n${said}\n`);
  throw new Failure(`${program} ${args.slice(0, 2).join(' ')} failed`, mend);
}

function digestOf(path) {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

/** Changes whenever a source, a build setting or the lock file does: names, sizes and times, so that it takes milliseconds. */
function sourcesStamp() {
  const hash = createHash('sha256');
  const add = (path) => {
    const { size, mtimeMs } = statSync(join(root, path));
    hash.update(`${path} ${size} ${mtimeMs}\n`);
  };
  const walk = (folder) => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) walk(path);
      else if (!entry.name.endsWith('.spec.ts')) add(path);
    }
  };
  walk('apps');
  walk('libs');
  walk('deploy/build');
  for (const file of ['package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json']) add(file);
  return hash.digest('hex');
}

export function berth(args) {
  try {
    execFileSync(join(root, 'deploy/bin/berth'), args, { stdio: 'inherit' });
  } catch (err) {
    process.exit(err.status ?? 1); // it has said what failed
  }
}

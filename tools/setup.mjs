// Installs what the project needs on a machine that has only Node >= 20 and npm. Plain JavaScript, because it runs
// before the pinned Node exists. `--tests` also installs the Debian packages that the tests drive as real parts.
import { spawnSync } from 'node:child_process';
import { existsSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
/** No `packageManager` in package.json: pnpm would want its own pin in the lockfile, which not every registry can give. */
const PNPM = 'pnpm@12';
const stamp = join(root, 'node_modules', '.niswatch-setup');
/** package, and the program that proves that it is there */
const TEST_PACKAGES = [
  ['chromium', '/usr/bin/chromium'],
  ['nginx-light', '/usr/sbin/nginx'],
  ['strace', '/usr/bin/strace'],
  ['faketime', '/usr/bin/faketime'],
  ['iproute2', '/usr/sbin/ip'],
  ['bzip2', '/usr/bin/bzip2'],
  ['lz4', '/usr/bin/lz4'],
  ['p7zip-full', '/usr/bin/7z'],
  ['xz-utils', '/usr/bin/xz'],
  ['zip', '/usr/bin/zip'],
  ['zstd', '/usr/bin/zstd'],
  ['mariadb-server', '/usr/sbin/mariadbd'],
  ['mariadb-backup', '/usr/bin/mariadb-backup'],
  ['postgresql', '/usr/lib/postgresql'],
  ['prometheus', '/usr/bin/prometheus'],
  ['victoria-metrics', '/usr/bin/victoria-metrics'],
  ['influxdb', '/usr/bin/influxd'],
  ['pgbackrest', '/usr/bin/pgbackrest'],
  ['restic', '/usr/bin/restic'],
  ['poppler-utils', '/usr/bin/pdftotext'],
  ['fonts-noto-cjk', '/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc'],
];

function fail(message) {
  process.stderr.write(`setup: ${message}\n`);
  process.exit(1);
}

function run(command, args, options = {}) {
  const done = spawnSync(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], ...options });
  if (done.error) fail(`cannot start ${command}: ${done.error.message}`);
  return done.status ?? 1;
}

function upToDate() {
  if (!existsSync(stamp)) return false;
  const at = statSync(stamp).mtimeMs;
  return ['package.json', 'pnpm-lock.yaml', 'pnpm-workspace.yaml'].every(
    (f) => statSync(join(root, f)).mtimeMs <= at,
  );
}

function installPackages() {
  if (upToDate()) return;
  process.stdout.write('setup: installing the pinned Node and the packages\n');
  const status = run(
    'npx',
    ['--yes', PNPM, 'install', '--frozen-lockfile', '--reporter=append-only', '--loglevel=warn'],
    {
      shell: process.platform === 'win32',
    },
  );
  if (status !== 0) fail(`${PNPM} install failed; is the npm registry reachable? See the lines above.`);
  writeFileSync(stamp, '');
  const now = new Date();
  utimesSync(stamp, now, now);
}

function checkRuntime() {
  const node = join(root, 'node_modules', '.bin', process.platform === 'win32' ? 'node.cmd' : 'node');
  const done = spawnSync(node, ['--version'], { encoding: 'utf8', shell: process.platform === 'win32' });
  if (done.status === 0) return;
  if (/libatomic/.test(done.stderr ?? '')) {
    fail(
      'the pinned Node needs libatomic.so.1. Install it: apt-get install libatomic1 (Debian) or dnf install libatomic (RHEL).',
    );
  }
  fail(`the pinned Node does not start: ${(done.stderr || done.error?.message || '').trim()}`);
}

function installTestPackages() {
  const missing = TEST_PACKAGES.filter(([, proof]) => !existsSync(proof)).map(([name]) => name);
  if (missing.length === 0) return;
  const names = missing.join(' ');
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) {
    fail(`the tests drive real programs that are not here. Install them as root: apt-get install ${names}`);
  }
  process.stdout.write(`setup: installing Debian packages for the tests: ${names}\n`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  // A policy script keeps Debian from starting the servers that it installs: tests start their own, on free ports.
  const policy = '/usr/sbin/policy-rc.d';
  const ours = !existsSync(policy);
  if (ours) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  run('apt-get', ['update', '-qq'], { env });
  const status = run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...missing], { env });
  if (ours) rmSync(policy);
  if (status !== 0) fail(`apt-get could not install: ${names}. See the lines above.`);
}

installPackages();
checkRuntime();
if (process.argv.includes('--tests')) installTestPackages();

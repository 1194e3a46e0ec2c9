import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';

const root = join(import.meta.dirname, '..');

/** What our lint rules say of these files, by rule. */
function lint(t: TestContext, files: Readonly<Record<string, string>>): { rule: string; file: string }[] {
  const folder = mkdtempSync(join(tmpdir(), 'niswatch-lint-'));
  t.after(() => rmSync(folder, { recursive: true }));
  copyFileSync(join(root, '.oxlintrc.json'), join(folder, '.oxlintrc.json'));
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  }
  const done = spawnSync(
    join(root, 'node_modules/.bin/oxlint'),
    ['-f', 'unix', '-c', '.oxlintrc.json', '.'],
    {
      cwd: folder,
      encoding: 'utf8',
    },
  );
  return [...done.stdout.matchAll(/^(\S+?):\d+:\d+: .*\[\w+\/(\S+)\]$/gm)].map(([, file, rule]) => ({
    file: (file ?? '').replace(/^\.\//, ''),
    rule: rule ?? '',
  }));
}

const SIMULATED = [
  'agent/spool/x.ts',
  'agent/link/x.ts',
  'agent/journal.ts',
  'collector/alerts/x.ts',
  'collector/fleet/x.ts',
  'collector/ingest/x.ts',
  'collector/liveness/x.ts',
  'collector/rules/x.ts',
  'collector/rules/silence/silence.ts',
  'collector/state/x.ts',
  'shared/x.ts',
  'shared/config/x.ts',
];

for (const [what, text, rule] of [
  ['Date.now', 'export const at = Date.now();\n', 'eslint(no-restricted-properties)'],
  ['Math.random', 'export const r = Math.random();\n', 'eslint(no-restricted-properties)'],
  ['performance.now', 'export const at = performance.now();\n', 'eslint(no-restricted-globals)'],
  ['setTimeout', 'export const t = setTimeout(() => {}, 1);\n', 'eslint(no-restricted-globals)'],
  ['setInterval', 'export const t = setInterval(() => {}, 1);\n', 'eslint(no-restricted-globals)'],
  ['setImmediate', 'export const t = setImmediate(() => {});\n', 'eslint(no-restricted-globals)'],
  [
    'node:fs',
    "import { readFileSync } from 'node:fs';\nreadFileSync('x');\n",
    'eslint(no-restricted-imports)',
  ],
  ['node:net', "import { connect } from 'node:net';\nconnect(1);\n", 'eslint(no-restricted-imports)'],
  [
    'randomBytes',
    "import { randomBytes } from 'node:crypto';\nrandomBytes(1);\n",
    'eslint(no-restricted-imports)',
  ],
] as const) {
  test(`lint forbids ${what} in every module that the simulation runs`, (t) => {
    const found = lint(t, Object.fromEntries(SIMULATED.map((file) => [file, text])));
    assert.deepEqual(
      found
        .filter((f) => f.rule === rule)
        .map((f) => f.file)
        .sort(),
      [...SIMULATED].sort(),
    );
  });
}

test('lint allows the disk, the network and timers in the shells, and hashes everywhere', (t) => {
  const shell = "import { readFileSync } from 'node:fs';\nsetTimeout(() => readFileSync('x'), 1);\n";
  const found = lint(t, {
    'agent/spool/node-disk.ts': shell,
    'agent/link/websocket.ts': shell,
    'collector/liveness/uplink.ts': shell,
    'collector/ingest/http.ts': shell,
    'shared/clock.ts': 'export const at = Date.now();\n',
    'collector/ingest/session.ts': "import { createHash } from 'node:crypto';\ncreateHash('sha256');\n",
  });
  assert.deepEqual(found, []);
});

test('the layers still hold in the modules that the simulation runs', (t) => {
  const found = lint(t, {
    'agent/spool/x.ts': "import { y } from '../../collector/y.ts';\ny();\n",
    'collector/rules/silence/silence.ts': "import { y } from '../memory/memory.ts';\ny();\n",
  });
  assert.deepEqual(
    found
      .filter((f) => f.rule === 'eslint(no-restricted-imports)')
      .map((f) => f.file)
      .sort(),
    ['agent/spool/x.ts', 'collector/rules/silence/silence.ts'],
  );
});

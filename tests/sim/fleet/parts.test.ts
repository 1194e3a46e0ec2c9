import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { keepPart, type Part, readParts, renderParts } from './parts.ts';

function part(seed: number, restarts: number): Part {
  const counts = { pages: 1, ownPages: 0, verdicts: 10, falsePages: 0, platformPages: 1 };
  return {
    of: { seed, agents: 100, restarts, cuts: 0, longestCutMs: 1, windows: 0 },
    done: { restarts, cuts: 0, freezes: 0, windows: 0, planted: 1 },
    counts,
    detections: [{ kind: 'host crashed', verdictMs: 1_000 * seed, pageMs: undefined }],
    failures: [],
    simulatedMs: 43_200_000,
    events: 5,
    cpuSeconds: 1,
  };
}

test('worlds that are done are read back and told together; one that was broken off is not', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'niswatch-parts-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'parts');
  assert.deepEqual(readParts(path), []);
  keepPart(path, part(1, 3));
  appendFileSync(path, '{"of":{"seed":3');
  keepPart(path, part(2, 4));
  const parts = readParts(path);
  assert.deepEqual(
    parts,
    [part(1, 3), part(2, 4)].map((each) => JSON.parse(JSON.stringify(each))),
  );
  const [first, second, ...rest] = renderParts(parts);
  assert.match(first ?? '', /^100 agents, 1\.00 days in 2 worlds: 7 restarts/);
  assert.match(second ?? '', /^20 verdicts; 2 pages, of them 2 of the platform/);
  assert.match(rest.join('\n'), /host crashed +2 +1\.0 +2\.0 +2\.0/);
});

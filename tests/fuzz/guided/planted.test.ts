// The fuzzer finds what it is there for: each planted fault, within a number of inputs in which the blind form does not
// come by a magic number or a word. What takes long by its nature (work that grows with the square, a regular expression that tries everything) is
// looked for in the long form.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { campaign, type CampaignResult } from './campaign.ts';

const MODULE = new URL('../planted/index.ts', import.meta.url).href;
const EXECUTIONS = 60_000;

function look(name: string, mode: 'guided' | 'blind', executions = EXECUTIONS): Promise<CampaignResult> {
  // Of processor time: no machine is so slow that these inputs need as much.
  const limits = { cpuSeconds: 120, executions };
  return campaign({ module: MODULE, name, mode, seed: 1, fixed: [], kept: [], first: true, ...limits });
}

for (const [name, words] of Object.entries({
  magic: /behind the magic number/,
  words: /behind two words/,
  sealed: /behind the checksum/,
  bomb: /more than \d+ bytes/,
})) {
  test(`${name}: found when guided`, async () => {
    const { findings } = await look(name, 'guided');
    assert.equal(findings.length, 1);
    assert.match(findings[0]?.verdict.what ?? '', words);
  });
}

for (const name of ['magic', 'words']) {
  test(`${name}: not found by as many blind inputs`, async () => {
    assert.deepEqual((await look(name, 'blind')).findings, []);
  });
}

if (process.env.NISWATCH_LONG) {
  for (const [name, words] of Object.entries({ squares: /processor time/, endless: /did not end/ })) {
    test(`${name}: found in a long hunt`, async () => {
      const limits = { cpuSeconds: 240, executions: 3_000_000 };
      const kind = { module: MODULE, name, mode: 'guided' as const };
      const { findings } = await campaign({ ...kind, seed: 1, fixed: [], kept: [], ...limits });
      assert.match(findings.map(({ verdict }) => verdict.what).join('\n'), words);
    });
  }
}

test('the same seed and number of inputs give the same figures', async () => {
  const figures = async (): Promise<unknown> => {
    const { cpuSeconds: _, ...rest } = (await look('words', 'guided', 2000)).figures;
    return rest;
  };
  assert.deepEqual(await figures(), await figures());
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compileGlob } from './glob.ts';

const MATCHES: [pattern: string, name: string, matches: boolean][] = [
  ['*', 'anything.bak', true],
  ['*.bak', 'a.bak', true],
  ['*.bak', 'a.bak.gz', false],
  ['*.{bak,trn}', 'a.trn', true],
  ['*.{bak,trn}', 'a.dif', false],
  ['nis_????????.bak', 'nis_20260101.bak', true],
  ['nis_[0-9]*', 'nis_9', true],
  ['nis_[!0-9]*', 'nis_9', false],
  ['a+b(1).bak', 'a+b(1).bak', true],
  ['a.bak', 'aXbak', false],
  ['[', '[', true],
  ['院感*.bak', '院感库_2026.bak', true],
  ['{a', '{a', true],
];

for (const [pattern, name, matches] of MATCHES) {
  test(`${pattern} ${matches ? 'matches' : 'does not match'} ${name}`, () => {
    assert.equal(compileGlob(pattern).test(name), matches);
  });
}

test('ignores case only when told to, as Windows does', () => {
  assert.equal(compileGlob('*.bak').test('A.BAK'), false);
  assert.equal(compileGlob('*.bak', { ignoreCase: true }).test('A.BAK'), true);
});

test('compiles any text, and a text without wildcards matches itself alone', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      const pattern = compileGlob(text);
      if (!/[*?[{]/.test(text)) assert.ok(pattern.test(text) && !pattern.test(`${text}x`));
    }),
  );
});

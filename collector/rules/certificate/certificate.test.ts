import assert from 'node:assert/strict';
import { test } from 'node:test';
import { evaluate, type Given, tell } from '../testing.ts';
import { certificate } from './certificate.ts';

const cases: [string, Given, string[]][] = [
  ['31 days are fine', { values: { 'http_cert_days{target="nis"}': 31 } }, []],
  [
    '30 days are a warning',
    { values: { 'http_cert_days{target="nis"}': 30 } },
    ['warning nis: nis 的证书还有 30 天到期'],
  ],
  [
    '7 days are critical',
    { values: { 'http_cert_days{target="nis"}': 6.9 } },
    ['critical nis: nis 的证书还有 6 天到期'],
  ],
  [
    'a certificate that has ended says since when',
    { values: { 'http_cert_days{target="nis"}': -2.5 } },
    ['critical nis: nis 的证书已过期 2 天'],
  ],
];

for (const [what, given, want] of cases) {
  test(what, () => assert.deepEqual(tell(evaluate(certificate, given)), want));
}

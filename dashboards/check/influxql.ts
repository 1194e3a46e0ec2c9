// Whether a text can be InfluxQL that asks for our series: brackets and quotes, the time of the dashboard, measurement and fields
// of the catalogue. The real server has the last word (tests/grafana).

import { outsideName } from '../../collector/store/outside/names.ts';
import type { Found } from './json.ts';
import type { Knowledge } from './known.ts';

/** Measurement → its fields and tags. */
function measurements({ metrics }: Knowledge): Map<string, { fields: Set<string>; tags: Set<string> }> {
  const found = new Map<string, { fields: Set<string>; tags: Set<string> }>();
  for (const [metric, labels] of metrics) {
    const { measurement, field } = outsideName(metric);
    const entry = found.get(measurement) ?? { fields: new Set(), tags: new Set(['hospital', 'host']) };
    entry.fields.add(field);
    for (const label of labels) entry.tags.add(label);
    found.set(measurement, entry);
  }
  return found;
}

export function checkInfluxql({ text, use }: Found, known: Knowledge): string[] {
  const findings: string[] = [];
  if (!/^(SELECT|SHOW TAG VALUES) /.test(text)) findings.push('neither SELECT nor SHOW TAG VALUES');
  if (!isBalanced(text)) findings.push('brackets or quotes do not close');
  if (use !== 'variable' && !text.includes('$timeFilter'))
    findings.push('does not use the time of the dashboard');
  if (/GROUP BY [^)]*time\(/.test(text) && !text.includes('fill('))
    findings.push('groups by time without fill');
  const from = [...text.matchAll(/FROM "([^"]+)"/g)].map(([, name]) => name ?? '');
  if (from.length === 0) findings.push('asks no measurement');
  const all = measurements(known);
  for (const name of from) {
    const entry = all.get(name);
    if (!entry) {
      findings.push(`no measurement ${name}`);
      continue;
    }
    const aliases = [...text.matchAll(/AS "([^"]+)"/g)].map(([, alias]) => alias);
    for (const [, word = ''] of text.matchAll(/"([^"]+)"/g))
      if (word !== name && !entry.fields.has(word) && !entry.tags.has(word) && !aliases.includes(word))
        findings.push(`${name} has neither field nor tag ${word}`);
  }
  return findings;
}

function isBalanced(text: string): boolean {
  let depth = 0;
  let quote = '';
  for (const char of text) {
    if (quote !== '') {
      if (char === quote) quote = '';
    } else if (char === '"' || char === "'") quote = char;
    else if (char === '(') depth++;
    else if (char === ')' && --depth < 0) return false;
  }
  return depth === 0 && quote === '';
}

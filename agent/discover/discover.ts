// `discover`: asks every unit what it finds on this machine and writes a proposed agent.yaml, in which each entry says what was
// found and why it is proposed. Promise: the proposal is valid against the units' schemas; a unit whose search fails is named in it
// and hides none of the others; nothing on the machine is changed.

import { stringify } from 'yaml';
import { parseYaml } from '../../shared/config/file.ts';
import { readConfig } from '../../shared/config/schema.ts';
import { describeError } from '../../shared/errors.ts';
import type { DiscoveryHost, Finding, ProbeUnit } from '../probes/probe.ts';

export interface UnitFinding extends Finding {
  unit: string;
}

export interface Proposal {
  /** The whole agent.yaml, with comments. */
  text: string;
  findings: UnitFinding[];
  /** Units whose search failed, and why. */
  failures: { unit: string; reason: string }[];
}

const HEADER = [
  'niswatch 探针配置（建议稿），由 niswatch-agent discover 在本机查找后生成。',
  '每一项上方写明发现了什么、为什么建议监测。请核对：删去不需要的，补上没有找到的。',
  '本文件是探针读取内容的唯一依据；监控中心不能更改它，也不能远程执行任何操作。',
];

/** Gathers each unit's findings, in the units' order, and renders them. */
export async function discover(host: DiscoveryHost, units: readonly ProbeUnit[]): Promise<Proposal> {
  const findings: UnitFinding[] = [];
  const failures: Proposal['failures'] = [];
  for (const unit of units) {
    try {
      const found = (await unit.discover?.(host)) ?? [];
      findings.push(...found.map((finding) => ({ ...finding, unit: unit.name })));
    } catch (error) {
      failures.push({ unit: unit.name, reason: describeError(error) });
    }
  }
  const text = renderProposal(units, findings, failures);
  checkProposal(units, text);
  return { text, findings, failures };
}

/** A proposal that the agent would refuse is a mistake of ours, and it is better to fail here than at the hospital. */
function checkProposal(units: readonly ProbeUnit[], text: string): void {
  const { probes } = parseYaml(text, 'proposal') as { probes: Record<string, unknown> };
  for (const unit of units) {
    readConfig(unit.config, probes[unit.name] ?? {}, { file: `proposal probes.${unit.name}` });
  }
}

/** Pure. Findings without configuration are comments alone. */
function renderProposal(
  units: readonly ProbeUnit[],
  findings: readonly UnitFinding[],
  failures: Proposal['failures'],
): string {
  const lines = [...HEADER.map((line) => `# ${line}`), '', 'probes:'];
  let sections = 0;
  for (const unit of units) {
    const own = findings.filter((finding) => finding.unit === unit.name);
    for (const { reason } of failures.filter((failure) => failure.unit === unit.name))
      lines.push(comment(`${unit.name} 查找失败：${reason}`, '  '));
    const body = renderUnit(own);
    const bare = own.filter((finding) => Object.keys(finding.config).length === 0);
    for (const finding of bare) lines.push(...explain(finding, '  '));
    if (body.length === 0) continue;
    sections++;
    lines.push(`  ${unit.name}:`, ...body);
  }
  // `probes:` with nothing below it is null in YAML, which no section is.
  if (sections === 0) lines[lines.indexOf('probes:')] = 'probes: {}';
  return `${lines.join('\n')}\n`;
}

/** One line per value, whatever it holds. */
const YAML = { lineWidth: 0, blockQuote: false } as const;

interface Entry {
  finding: UnitFinding;
  value: unknown;
}

function renderUnit(findings: readonly UnitFinding[]): string[] {
  const lists = new Map<string, Entry[]>();
  const plain = new Map<string, Entry>();
  for (const finding of findings) {
    for (const [key, value] of Object.entries(finding.config)) {
      if (!Array.isArray(value)) plain.set(key, { finding, value });
      else
        lists.set(key, [
          ...(lists.get(key) ?? []),
          ...value.map((item) => ({ finding, value: item as unknown })),
        ]);
    }
  }
  const lines: string[] = [];
  for (const [key, { finding, value }] of plain) {
    lines.push(...explain(finding, '    '), ...indent(stringify({ [key]: value }, YAML), '    '));
  }
  for (const [key, entries] of lists) {
    lines.push(`    ${key}:`);
    for (const { finding, value } of withoutRepeats(entries)) {
      lines.push(...explain(finding, '      '), ...indent(stringify([value], YAML), '      '));
    }
  }
  return lines;
}

function withoutRepeats(entries: readonly Entry[]): Entry[] {
  const seen = new Set<string>();
  return entries.filter(({ value }) => {
    const key = JSON.stringify(value);
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

function explain(finding: Finding, at: string): string[] {
  return [comment(`发现：${finding.what}`, at), comment(`理由：${finding.why}`, at)];
}

/** File names may hold anything; a comment is one line. */
function comment(text: string, at: string): string {
  // oxlint-disable-next-line no-control-regex
  return `${at}# ${text.replace(/[\u0000-\u001f\u007f\u0085\u2028\u2029]+/g, ' ')}`;
}

function indent(yaml: string, at: string): string[] {
  return yaml
    .replace(/\n$/, '')
    .split('\n')
    .map((line) => `${at}${line}`);
}

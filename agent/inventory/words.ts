// An inventory and its comparison as people read them, in Chinese and English. Pure.

import type { Language, Text } from '../../shared/text.ts';
import type { Comparison, Difference, Weight } from './compare.ts';
import { type Fact, type Inventory, SECTIONS, type Section } from './inventory.ts';

export const SECTION_WORDS: Readonly<Record<Section, Text>> = {
  system: { zh: '系统', en: 'System' },
  volumes: { zh: '磁盘卷', en: 'Volumes' },
  services: { zh: '服务', en: 'Services' },
  ports: { zh: '监听端口', en: 'Ports' },
  versions: { zh: '软件版本', en: 'Versions' },
  databases: { zh: '数据库', en: 'Databases' },
  tables: { zh: '数据表', en: 'Tables' },
  tasks: { zh: '计划任务', en: 'Scheduled tasks' },
};

export const VERDICT_WORDS: Readonly<Record<Comparison['verdict'], Text>> = {
  accepted: {
    zh: '可以验收：没有缺失，也没有需要确认的差异',
    en: 'Can be accepted: nothing is missing, nothing needs a decision',
  },
  check: {
    zh: '需人工确认：有差异需要逐项确认后再验收',
    en: 'To be confirmed: some differences need a person’s yes first',
  },
  refused: {
    zh: '不能验收：有缺失或数据减少',
    en: 'Not to be accepted: something is missing or data are fewer',
  },
};

export const WEIGHT_WORDS: Readonly<Record<Weight, Text>> = {
  fault: { zh: '不合格', en: 'fault' },
  check: { zh: '需确认', en: 'confirm' },
  note: { zh: '记录', en: 'note' },
};

const KIND_WORDS: Readonly<Record<Difference['kind'], Text>> = {
  missing: { zh: '缺失', en: 'missing' },
  changed: { zh: '变化', en: 'changed' },
  new: { zh: '新增', en: 'new' },
  unread: { zh: '未能读取', en: 'not read' },
};

const FACT_WORDS: Readonly<Record<string, Text>> = {
  rows: { zh: '行数', en: 'rows' },
  bytes: { zh: '字节数', en: 'bytes' },
  running: { zh: '运行', en: 'running' },
  start: { zh: '启动方式', en: 'start' },
  version: { zh: '版本', en: 'version' },
  schedule: { zh: '时间', en: 'schedule' },
  totalBytes: { zh: '容量', en: 'size' },
  encoding: { zh: '字符集', en: 'encoding' },
  collation: { zh: '排序规则', en: 'collation' },
  enabled: { zh: '启用', en: 'enabled' },
  value: { zh: '值', en: 'value' },
  program: { zh: '程序', en: 'program' },
  address: { zh: '地址', en: 'address' },
  command: { zh: '命令', en: 'command' },
  user: { zh: '用户', en: 'user' },
  account: { zh: '账号', en: 'account' },
};

/** One difference as a sentence without its key. */
export function describe({ kind, fact, before, after }: Difference, language: Language): string {
  const word = KIND_WORDS[kind][language];
  if (fact === undefined) return word;
  const name = FACT_WORDS[fact]?.[language] ?? fact;
  return `${name}: ${shown(before)} → ${shown(after)}`;
}

function shown(fact: Fact | undefined): string {
  return fact === undefined ? '–' : String(fact);
}

export function renderInventory(inventory: Inventory, language: Language): string {
  const lines = [`${inventory.host} (${inventory.platform})  ${inventory.at}`];
  for (const section of SECTIONS) {
    const items = inventory.sections[section];
    lines.push('', `# ${SECTION_WORDS[section][language]} (${items.length})`);
    for (const { key, facts } of items) {
      const told = Object.entries(facts).map(([name, value]) => `${name}=${value}`);
      lines.push(`  ${key}  ${told.join('  ')}`.trimEnd());
    }
  }
  for (const { section, why } of inventory.missing)
    lines.push('', `${SECTION_WORDS[section][language]}: ${KIND_WORDS.unread[language]} (${why})`);
  return `${lines.join('\n')}\n`;
}

const ORDER: readonly Weight[] = ['fault', 'check', 'note'];

export function renderComparison(comparison: Comparison, language: Language): string {
  const zh = language === 'zh';
  const { before, after } = comparison;
  const lines = [
    VERDICT_WORDS[comparison.verdict][language],
    '',
    `${zh ? '迁移前' : 'before'}  ${before.host}  ${before.at}`,
    `${zh ? '迁移后' : 'after '}  ${after.host}  ${after.at}`,
  ];
  for (const weight of ORDER) {
    const own = comparison.differences.filter((d) => d.weight === weight);
    if (own.length === 0) continue;
    lines.push('', `# ${WEIGHT_WORDS[weight][language]} (${own.length})`);
    for (const d of own)
      lines.push(`  ${SECTION_WORDS[d.section][language]}  ${d.key}  ${describe(d, language)}`);
  }
  lines.push('', `# ${zh ? '核对数量' : 'Compared'}`);
  for (const section of SECTIONS) {
    const { before: old, after: now, equal } = comparison.counts[section];
    const words = zh ? `前 ${old}，后 ${now}，一致 ${equal}` : `${old} before, ${now} after, ${equal} equal`;
    lines.push(`  ${SECTION_WORDS[section][language]}  ${words}`);
  }
  return `${lines.join('\n')}\n`;
}

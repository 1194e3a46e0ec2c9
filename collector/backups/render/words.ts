// Small words of the recovery texts: sizes, durations, names of sets.

import type { Language } from '../../../shared/text.ts';
import type { Moment } from '../moment.ts';
import type { BackupSet } from '../set.ts';

const UNITS: [seconds: number, zh: string, en: string][] = [
  [86_400, '天', 'd'],
  [3600, '小时', 'h'],
  [60, '分', 'min'],
  [1, '秒', 's'],
];

/** Its two largest units. */
export function renderDuration(seconds: number, language: Language): string {
  let left = Math.max(0, Math.round(seconds));
  const parts: string[] = [];
  for (const [size, zh, en] of UNITS) {
    const count = Math.floor(left / size);
    left -= count * size;
    if (count > 0) parts.push(language === 'zh' ? `${count} ${zh}` : `${count} ${en}`);
  }
  return parts.slice(0, 2).join(' ') || (language === 'zh' ? '0 秒' : '0 s');
}

export function renderMoment(moment: Moment): string {
  return moment.text.replace('T', ' ').replace(/(Z|[+-]\d\d:\d\d)$/, ' $1');
}

const ENGINE_NAMES: Record<BackupSet['method'], string> = {
  sqlserver: 'SQL Server',
  'mysql-dump': 'MySQL / MariaDB (dump + binlog)',
  mariabackup: 'MySQL / MariaDB (mariabackup, xtrabackup)',
  postgresql: 'PostgreSQL (base backup + WAL)',
  pg_dump: 'PostgreSQL (pg_dump)',
  pgbackrest: 'PostgreSQL (pgBackRest)',
  restic: 'restic',
  borg: 'Borg',
  'oracle-export': 'Oracle (exp, expdp)',
  archive: 'files',
};

export function nameOf(set: BackupSet, language: Language): string {
  const whole = language === 'zh' ? '整个实例' : 'the whole server';
  const name = set.database ?? set.family ?? set.server ?? whole;
  return `${name} · ${ENGINE_NAMES[set.method]}${set.server && set.server !== name ? ` · ${set.server}` : ''}`;
}

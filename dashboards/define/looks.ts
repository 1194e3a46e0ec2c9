// Thresholds and words that several panels share. Promise: they come from the rules' own defaults and from the catalogue, so that a
// panel turns red where an alert would fire.

import { VERDICT_CODES } from '../../collector/prom/derived/verdicts.ts';
import { VERDICT_TEXT } from '../../collector/liveness/verdict.ts';
import { certificate } from '../../collector/rules/certificate/certificate.ts';
import { clockOff } from '../../collector/rules/clock-off/clock-off.ts';
import { diskFilling } from '../../collector/rules/disk-filling/disk-filling.ts';
import { memory } from '../../collector/rules/memory/memory.ts';
import type { Color, Mapping, Threshold } from './board.ts';
import { t } from './text.ts';

export const upTo = (warning: number, critical: number): Threshold[] => [
  { color: 'green' },
  { at: warning, color: 'orange' },
  { at: critical, color: 'red' },
];

/** Low is bad. */
export const downTo = (warning: number, critical: number): Threshold[] => [
  { color: 'red' },
  { at: critical, color: 'orange' },
  { at: warning, color: 'green' },
];

/** Anything above 0 is wrong. */
export const NONE_WANTED: Threshold[] = [{ color: 'green' }, { at: 1, color: 'red' }];
export const FEW_WANTED: Threshold[] = [{ color: 'green' }, { at: 1, color: 'orange' }];
export const PLAIN: Threshold[] = [{ color: 'blue' }];

export const UP_DOWN: Mapping[] = [
  { value: 1, text: t('正常', 'up'), color: 'green' },
  { value: 0, text: t('异常', 'down'), color: 'red' },
];

export const OPEN: Mapping[] = [{ value: 1, text: t('未恢复', 'open'), color: 'red' }];

const VERDICT_COLORS: Record<keyof typeof VERDICT_CODES, Color> = {
  up: 'green',
  suspect: 'yellow',
  stopped: 'blue',
  'agent-lost': 'purple',
  shutdown: 'orange',
  down: 'red',
  crashed: 'red',
  silent: 'orange',
  'site-silent': 'orange',
  'mass-silent': 'orange',
  'collector-away': 'gray',
};

export const VERDICTS: Mapping[] = Object.entries(VERDICT_CODES).map(([word, value]) => ({
  value,
  text: VERDICT_TEXT[word as keyof typeof VERDICT_CODES],
  color: VERDICT_COLORS[word as keyof typeof VERDICT_CODES],
}));

const RUNGS = [
  t('没有备份', 'no backup'),
  t('文件存在', 'it exists'),
  t('按时且已写完', 'fresh and finished'),
  t('大小与类型可信', 'plausible'),
  t('完整可读', 'readable to the end'),
  t('异地副本一致', 'second copy equal'),
  t('已演练恢复', 'restored in a drill'),
];
const RUNG_COLORS: Color[] = ['red', 'red', 'orange', 'yellow', 'green', 'green', 'green'];

export const RUNG: Mapping[] = RUNGS.map((text, value) => ({
  value,
  text,
  color: RUNG_COLORS[value] ?? 'gray',
}));

const disk = diskFilling.config.fields;
const cert = certificate.config.fields;
const clock = clockOff.config.fields;

/** Where the rules' own defaults turn orange and red. */
export const DISK = upTo(disk.warning.default, disk.critical.default);
export const MEMORY = upTo(memory.config.fields.memory.default, 99);
export const SWAP = upTo(memory.config.fields.swap.default, 95);
export const CERTIFICATE = downTo(cert.warning.default, cert.critical.default);
export const CLOCK = upTo(clock.warning.default / 1000, clock.critical.default / 1000);
export const CPU = upTo(80, 95);
export const SHARE = downTo(99.9, 99);

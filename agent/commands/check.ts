// `niswatch-agent check [NAME]`: reads now and judges, without the collector. Exit code: the worst status (0 ok, 1 warning, 2 critical).

import { type CheckStatus, METRICS, seriesKey } from '../../shared/catalogue.ts';
import { systemClock } from '../../shared/clock.ts';
import { nearest } from '../../shared/config/schema.ts';
import type { Language } from '../../shared/text.ts';
import { loadConfig } from '../config.ts';
import { openDataFolder } from '../data-folder.ts';
import { openHost } from '../host/host.ts';
import { PROBES } from '../probes/index.ts';
import type { Judgement, Sample } from '../probes/probe.ts';
import { type Command, CONFIG_FLAGS, type ExitCode, JSON_FLAG, text, UsageError } from './command.ts';
import { openProbes } from './probes.ts';
import { type NamedReading, readOnce } from './reading.ts';
import { renderTable } from './table.ts';
import { renderAmount } from './amount.ts';

export const CHECK: Command = {
  name: 'check',
  words: '[NAME]',
  summary: {
    zh: '立即读取一次并判断（NAME：探针名或检查项，如 disk、service:nginx）',
    en: 'Read now and judge (NAME: a probe or a check, such as disk or service:nginx)',
  },
  flags: { ...CONFIG_FLAGS, ...JSON_FLAG },
  async run(flags, [name], io) {
    const { config, dataFolder } = await loadConfig({
      file: text(flags, 'config'),
      data: text(flags, 'data'),
    });
    const clock = systemClock();
    const wanted = PROBES.filter((unit) => name === undefined || unit.name === name.split(':')[0]);
    if (wanted.length === 0)
      throw unknownName(
        name ?? '',
        PROBES.map((unit) => unit.name),
      );
    const probes = openProbes(config, openHost({ clock, data: openDataFolder(dataFolder, 'read') }), wanted);
    const readings = (await readOnce(probes, wanted, clock)).map((reading) => narrowed(reading, name));
    const checks = readings.flatMap(checksOf);
    if (name?.includes(':') && checks.length === 0) throw unknownName(name, []);
    if (flags.json) io.out(`${JSON.stringify(renderJson(readings, checks))}\n`);
    else io.out(renderText(readings, checks, io.language));
    return worst(checks);
  },
};

function unknownName(name: string, known: string[]): UsageError {
  const near = nearest(name, known);
  return new UsageError(`there is no probe or check ${name}${near ? `; nearest: ${near}` : ''}`);
}

/** `service:nginx` leaves that check alone, with the samples of its name. */
function narrowed(reading: NamedReading, name: string | undefined): NamedReading {
  const at = name?.indexOf(':') ?? -1;
  if (name === undefined || at < 0 || !reading.reading) return reading;
  const subject = name.slice(at + 1);
  const samples = reading.reading.samples.filter((s) => Object.values(s.labels ?? {}).includes(subject));
  const checks = (reading.reading.checks ?? []).filter((check) => check.id === name);
  return { ...reading, reading: { ...reading.reading, samples, checks } };
}

function checksOf({ probe, reading, error }: NamedReading): Judgement[] {
  const own: Judgement[] =
    error === undefined ? [] : [{ id: `probe:${probe}`, status: 'warning', text: error }];
  return [...(reading?.checks ?? []), ...own];
}

const CODES: Record<CheckStatus, ExitCode> = { ok: 0, warning: 1, unknown: 1, critical: 2 };

export function worst(checks: readonly Judgement[]): ExitCode {
  return checks.reduce<ExitCode>(
    (code, check) => (CODES[check.status] > code ? CODES[check.status] : code),
    0,
  );
}

function renderJson(readings: readonly NamedReading[], checks: readonly Judgement[]): object {
  const samples = readings.flatMap((r) => r.reading?.samples ?? []);
  return {
    checks,
    values: Object.fromEntries(samples.map((s) => [seriesKey(s.metric, s.labels), s.value])),
  };
}

const STATUS_WORDS: Record<CheckStatus, Record<Language, string>> = {
  ok: { zh: '正常', en: 'ok' },
  warning: { zh: '警告', en: 'warning' },
  critical: { zh: '严重', en: 'CRITICAL' },
  unknown: { zh: '未知', en: 'unknown' },
};

function renderText(
  readings: readonly NamedReading[],
  checks: readonly Judgement[],
  language: Language,
): string {
  const judged = checks.map((c) => [STATUS_WORDS[c.status][language], c.id, c.text ?? '']);
  const values = readings.flatMap((r) => (r.reading?.samples ?? []).map((s) => rowOf(s, language)));
  return `${renderTable(judged)}${judged.length > 0 ? '\n' : ''}${renderTable(values)}`;
}

function rowOf(sample: Sample, language: Language): string[] {
  const { unit, help } = METRICS[sample.metric];
  return [seriesKey(sample.metric, sample.labels), renderAmount(sample.value, unit), help[language]];
}

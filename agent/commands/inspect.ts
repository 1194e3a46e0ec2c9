// `niswatch-agent inspect`: exactly what leaves this machine. It runs the real scheduler on the real probes for a moment, with a
// spool that only listens, and prints the frames it would have sent, column by column.

import { isMetricName, METRICS, parseSeriesKey } from '../../shared/catalogue.ts';
import { systemClock } from '../../shared/clock.ts';
import type { Report, Series } from '../../shared/frame.ts';
import type { Language } from '../../shared/text.ts';
import { type AgentConfig, loadConfig } from '../config.ts';
import type { ConnectionConfig } from '../databases/config.ts';
import { openDataFolder } from '../data-folder.ts';
import { openHost } from '../host/host.ts';
import { realMachine } from '../identity/facts.ts';
import { readBoot } from '../identity/machine.ts';
import { silentLog } from '../log.ts';
import { openSchedule, SECOND_READING_MS } from '../schedule/schedule.ts';
import { selfProbe } from '../schedule/self.ts';
import type { Collected, Spool } from '../spool/spool.ts';
import { type Command, CONFIG_FLAGS, JSON_FLAG, text } from './command.ts';
import { openProbes } from './probes.ts';
import { renderTable } from './table.ts';

/** Two rounds and the answers of slow subjects. */
const LISTEN_MS = SECOND_READING_MS + 3000;

export const INSPECT: Command = {
  name: 'inspect',
  words: '',
  summary: { zh: '显示本机实际外发的全部内容', en: 'Show exactly what leaves this machine' },
  flags: { ...CONFIG_FLAGS, ...JSON_FLAG },
  async run(flags, _words, io) {
    const { config, dataFolder } = await loadConfig({
      file: text(flags, 'config'),
      data: text(flags, 'data'),
    });
    const clock = systemClock();
    const listener = listeningSpool();
    const probes = openProbes(config, openHost({ clock, data: openDataFolder(dataFolder, 'read') }));
    const schedule = openSchedule({
      probes: [...probes, selfProbe(listener.spool, () => schedule.states())],
      clock,
      log: silentLog,
      jitterMs: 0,
      boot: readBoot(realMachine(clock.now)).id,
      offsetMs: () => null,
      spool: listener.spool,
      appended: () => {},
    });
    schedule.start();
    await new Promise<void>((resolve) => clock.after(LISTEN_MS, resolve));
    schedule.stop();
    const frames = listener.frames();
    if (flags.json)
      io.out(
        `${frames
          .flatMap((f) => [f.series, f.report])
          .map((f) => JSON.stringify(f))
          .join('\n')}\n`,
      );
    else
      io.out(
        renderFrames(frames, io.language) + (await renderQueries(config, io.language)) + closing(io.language),
      );
    return 0;
  },
};

interface Sent {
  series: Series;
  report: Report;
}

/** Takes what would be spooled. */
function listeningSpool(): { spool: Pick<Spool, 'append' | 'liveStream' | 'stats'>; frames(): Sent[] } {
  const sent: Sent[] = [];
  const stream = '0'.repeat(32);
  const spool = {
    liveStream: stream,
    append(report: Collected, columns: readonly string[]) {
      const seq = sent.length;
      const series: Series = { t: 'series', id: report.series, columns: [...columns] };
      sent.push({ series, report: { t: 'report', stream, seq, ...report } });
      return { stream, seq };
    },
    stats: () => ({
      bytes: 0,
      reports: 0,
      lost: { dropped: 0, thinned: 0, corrupt: 0, refused: 0, restored: 0 },
    }),
  };
  return { spool, frames: () => sent };
}

/** Columns are explained where their list is whole; the frames themselves are all shown. */
function renderFrames(frames: readonly Sent[], language: Language): string {
  const isPart = ({ series }: Sent, i: number): boolean =>
    frames.some(
      (other, j) => j > i && series.columns.every((column) => other.series.columns.includes(column)),
    );
  const tables = frames.filter((frame, i) => !isPart(frame, i)).map((frame) => explain(frame, language));
  const declared = new Map(frames.map(({ series }) => [series.id, series]));
  const texts = [...declared.values(), ...frames.map(({ report }) => report)].map((frame) =>
    JSON.stringify(frame),
  );
  const head = language === 'zh' ? '# 实际外发的文本' : '# The text that leaves';
  return `${tables.join('\n')}\n${head}\n${texts.join('\n')}\n`;
}

function explain({ series, report }: Sent, language: Language): string {
  const zh = language === 'zh';
  const rows = series.columns.map((column, i) => {
    const name = parseSeriesKey(column)?.name ?? column;
    return [column, String(report.v[i] ?? 'null'), isMetricName(name) ? METRICS[name].help[language] : ''];
  });
  const head = zh ? ['列', '值', '含义'] : ['column', 'value', 'meaning'];
  return renderTable([head, ...rows]);
}

/** What databases are asked, word by word; nothing where none is configured. */
async function renderQueries(config: AgentConfig, language: Language): Promise<string> {
  const section = config.probes.database as { connections?: readonly ConnectionConfig[] } | undefined;
  const connections = section?.connections ?? [];
  if (connections.length === 0) return '';
  const { ENGINES } = await import('../databases/engines/index.ts');
  const lines = connections.flatMap(({ name, engine }) =>
    Object.values(ENGINES[engine].queries).map((query) => `${name} (${engine}): ${query}`),
  );
  const head =
    language === 'zh' ? '# 向数据库和备份工具提出的查询' : '# What databases and backup tools are asked';
  return `\n${head}\n${lines.join('\n')}\n`;
}

function closing(language: Language): string {
  return language === 'zh'
    ? '\n以上即外发的全部内容：数值、配置中写明的名称、检查结论，以及备份文件的路径、大小、时间、校验结论和文件头自述的信息（库名、起止时间、日志位置、行数）。连接时另发：主机编号、签名、程序版本、开机标识与时刻、机器指纹（散列值）。中心不能让探针读取、执行或修改任何东西。\n'
    : '\nThat is all that leaves: numbers, names that the configuration gives, judgements; of backup files their path, size, time, verdict and what their format says of itself (database, times, positions in the log, counts). At connecting also: host id, signature, version, boot id and time, fingerprint (a hash). The collector cannot make the agent read, run or change anything.\n';
}

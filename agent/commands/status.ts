// `niswatch-agent status`: what the running agent last said of itself. Exit code: 0 runs and is connected, 1 runs cut off or with
// failing probes, 2 does not run.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../shared/clock.ts';
import { NamedError } from '../../shared/errors.ts';
import type { Language } from '../../shared/text.ts';
import { loadConfig } from '../config.ts';
import { JOURNAL_EVERY_MS } from '../journal.ts';
import type { Status } from '../status.ts';
import { STATUS_FILE } from '../status.ts';
import { type Command, CONFIG_FLAGS, type ExitCode, JSON_FLAG, text } from './command.ts';
import { renderTable } from './table.ts';

export const STATUS: Command = {
  name: 'status',
  words: '',
  summary: { zh: '显示运行中的探针程序的状态', en: 'Show what the running agent is doing' },
  flags: { ...CONFIG_FLAGS, ...JSON_FLAG },
  async run(flags, _words, io) {
    const { dataFolder } = await loadConfig({ file: text(flags, 'config'), data: text(flags, 'data') });
    const status = readStatus(join(dataFolder, STATUS_FILE));
    const now = systemClock().now();
    const word = wordOf(status, now);
    if (flags.json) io.out(`${JSON.stringify({ state: word, ...status })}\n`);
    else io.out(renderStatusTable(status, word, now, io.language));
    return EXIT[word];
  },
};

type Word = 'running' | 'impaired' | 'stopped' | 'dead';
const EXIT: Record<Word, ExitCode> = { running: 0, impaired: 1, stopped: 2, dead: 2 };
const WORDS: Record<Word, { zh: string; en: string }> = {
  running: { zh: '运行中，已连接', en: 'running, connected' },
  impaired: { zh: '运行中，有问题', en: 'running, impaired' },
  stopped: { zh: '已停止', en: 'stopped' },
  dead: { zh: '未运行（非正常结束）', en: 'not running (ended without a word)' },
};

export function wordOf(status: Status, now: number): Word {
  if (status.stoppedAt !== undefined) return 'stopped';
  if (Math.abs(now - status.at) > 3 * JOURNAL_EVERY_MS) return 'dead';
  const fine = status.link.state === 'open' && status.spool.failing === undefined;
  return fine && status.probes.every((probe) => probe.failing === undefined) ? 'running' : 'impaired';
}

function readStatus(path: string): Status {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Status;
  } catch (cause) {
    throw new NamedError('NOT_FOUND', `no status in ${path}: the agent has not run with this data folder`, {
      cause,
      mend: 'Start it: niswatch-agent run; or name its folder: --data DIR.',
    });
  }
}

function renderStatusTable(status: Status, word: Word, now: number, language: Language): string {
  const zh = language === 'zh';
  const ago = (at: number | undefined): string =>
    at === undefined
      ? '–'
      : zh
        ? `${Math.round((now - at) / 1000)} 秒前`
        : `${Math.round((now - at) / 1000)} s ago`;
  const { link, spool } = status;
  const facts = [
    [zh ? '状态' : 'state', WORDS[word][language]],
    [zh ? '主机' : 'host', `${status.hospital.name} / ${status.host.name} (${status.host.id})`],
    [zh ? '中心' : 'collector', `${status.collector} ${link.collector}`],
    [zh ? '连接' : 'link', `${link.state} (${link.transport})${link.lastError ? `: ${link.lastError}` : ''}`],
    [zh ? '最近确认' : 'last ack', ago(link.lastAckAt)],
    [
      zh ? '待传' : 'waiting',
      `${spool.reports} (${spool.bytes} B)${spool.failing ? `: ${spool.failing}` : ''}`,
    ],
    [zh ? '最近更新' : 'updated', ago(status.at)],
  ];
  const probes = status.probes.map((probe) => [
    probe.name,
    probe.failing ?? 'ok',
    ago(probe.lastReadAt),
    String(probe.errors),
  ]);
  const head = zh ? ['探针', '状态', '最近读取', '失败次数'] : ['probe', 'state', 'last read', 'errors'];
  return `${renderTable(facts)}\n${renderTable([head, ...probes])}`;
}

// The commands that bring a MySQL or MariaDB server to a moment: how to reach it, and how to replay the binary logs into it.
// Promise: all logs go into one invocation, from the exact place where the backup was taken.

import type { Choice, Step, Target } from '../engine.ts';
import { bytesOf, filesOf } from '../engine.ts';
import { localText } from '../moment.ts';
import { posixZone, quote } from '../shell.ts';
import { type Binlog, nameOf } from './binlogs.ts';
import type { BinlogSpan } from './chains.ts';

export interface Tools {
  client: string;
  binlog: string;
  backup: string;
  stream: string;
  server: string;
  admin: string;
}

/** By the version that the backup tells. */
export function toolsOf(span: BinlogSpan): Tools {
  const versions = [...span.base, ...span.logs].map((p) => p.facts.version ?? '').join(' ');
  const mysql = /\b[5-9]\.\d+\.\d+/.test(versions) && !/mariadb/i.test(versions);
  return mysql
    ? {
        client: 'mysql',
        binlog: 'mysqlbinlog',
        backup: 'xtrabackup',
        stream: 'xbstream',
        server: 'mysqld',
        admin: 'mysqladmin',
      }
    : {
        client: 'mariadb',
        binlog: 'mariadb-binlog',
        backup: 'mariadb-backup',
        stream: 'mbstream',
        server: 'mariadbd',
        admin: 'mariadb-admin',
      };
}

export function clientOf(tools: Tools, target: Target): string {
  const words = [tools.client];
  if (target.socket) words.push(`--socket=${quote(target.socket)}`);
  if (target.port) words.push('--host=127.0.0.1', `--port=${target.port}`);
  if (target.user) words.push(`--user=${quote(target.user)}`);
  return words.join(' ');
}

export interface Replay {
  choice: Choice;
  target: Target;
  tools: Tools;
  /** Only what was written to this database, into another name. */
  rename?: { from: string; to: string };
}

export function replayStep(replay: Replay): Step {
  const { choice, target, tools } = replay;
  const bytes = bytesOf(choice.logs);
  const files = filesOf(choice.logs);
  return {
    file: files[0]?.path ?? '',
    files,
    ...(bytes === undefined ? {} : { bytes }),
    kind: 'log',
    command: [
      'set -o pipefail',
      ...cutCopies(replay),
      `${binlogCommand(replay)} | ${clientOf(tools, target)}`,
    ].join('; '),
    words: {
      zh: `从备份所在的日志位置重放 ${files.length} 个二进制日志（必须在同一条命令里）`,
      en: `replay ${files.length} binary log(s) from the place of the backup, all in one command`,
    },
    expect: { zh: '无输出，返回码 0', en: 'no output, exit code 0' },
    stopIf: {
      zh: '出现任何 ERROR 就停下来：目标库已不是一致状态，从第一步重来',
      en: 'stop at any ERROR: the target is no longer consistent; start again from step 1',
    },
  };
}

function binlogCommand({ choice, target, tools, rename }: Replay): string {
  const span = choice.span as BinlogSpan;
  const last = (choice.logs as Binlog[]).at(-1);
  const words = [
    `TZ=${posixZone(target.zone)}`,
    tools.binlog,
    `--start-position=${span.start?.position ?? 4}`,
  ];
  if (!choice.whole) words.push(`--stop-datetime='${localText(choice.at, target.zone).replace('T', ' ')}'`);
  else if (last?.chain.end === 'live') words.push(`--stop-position=${last.chain.endPosition}`);
  if (rename) {
    // MySQL filters by the new name, MariaDB by the old one.
    const database = tools.client === 'mysql' ? rename.to : rename.from;
    words.push(`--rewrite-db=${quote(`${rename.from}->${rename.to}`)}`, `--database=${quote(database)}`);
  }
  return [...words, ...(choice.logs as Binlog[]).map((l) => quote(wholePart(l, target)))].join(' ');
}

/** The tool fails at an event that is cut, even behind its stop position: it is given the whole events only. */
function cutCopies({ choice, target }: Replay): string[] {
  return (choice.logs as Binlog[])
    .filter((l) => l.chain.end === 'cut')
    .map((l) => `head -c ${l.chain.endPosition} ${quote(pathOf(l))} > ${quote(wholePart(l, target))}`);
}

function wholePart(log: Binlog, target: Target): string {
  return log.chain.end === 'cut'
    ? `${target.targetDir ?? '/var/tmp'}/${nameOf(log.chain)}.whole`
    : pathOf(log);
}

function pathOf(log: Binlog): string {
  return log.files[0]?.path ?? '';
}

/** What reading the logs proves before anything is written. */
export function verifyLogs({ choice, tools }: Replay): string {
  const files = (choice.logs as Binlog[]).filter((l) => l.chain.end !== 'cut');
  return `${tools.binlog} --verify-binlog-checksum ${filesOf(files)
    .map((f) => quote(f.path))
    .join(' ')} > /dev/null`;
}

// Logs of backup tools: how the run ended stands in their last lines. Promise: a log without the words of success is INCOMPLETE, never
// good; the words are the tools' own, in English and in Chinese (UTF-8 or GBK).

import type { BackupFacts, Engine } from '../../facts.ts';
import type { Cursor } from '../cursor.ts';
import type { Finding, Format } from '../format.ts';

interface LogKind {
  name: string;
  engine: Engine;
  head: RegExp;
  /** Must stand among the last lines. */
  done: RegExp;
  /** Makes a finished run a bad one. */
  failed?: RegExp;
}

const KINDS: readonly LogKind[] = [
  {
    name: 'xtrabackup-log',
    engine: 'mariadb',
    head: /^\[\d\d\] \d{4}-\d\d-\d\d \d\d:\d\d:\d\d |^\d{6} \d\d:\d\d:\d\d .*(?:xtrabackup|innobackupex)|\[Xtrabackup\]|^(?:xtrabackup|mariabackup): recognized (?:server|client) arguments/im,
    done: /completed OK!\s*$/,
  },
  {
    name: 'expdp-log',
    engine: 'oracle',
    head: /^(?:;;;\s*)?(?:Export|导出): Release .*[\s\S]*(?:Starting|启动) "|^Starting ".*"\."SYS_EXPORT_/m,
    done: /Job ".*" (?:successfully completed|completed with \d+ error)|作业 ".*" .*(?:成功完成|已完成|于 .* 完成)/,
    failed: /completed with \d+ error|stopped due to fatal error|因致命错误|ORA-\d{5}/,
  },
  {
    name: 'exp-log',
    engine: 'oracle',
    head: /^(?:Connected to: Oracle|连接到: Oracle)|^Export: Release |^About to export |^即将导出/m,
    done: /Export terminated successfully|成功终止导出/,
    failed: /EXP-\d{5}|with warnings|terminated unsuccessfully|但出现警告|导出终止失败/,
  },
  {
    name: 'rman-log',
    engine: 'oracle',
    head: /^(?:Recovery Manager: Release|恢复管理器: Release)|^RMAN>/m,
    done: /Recovery Manager complete\.|恢复管理器完成。/,
    failed: /RMAN-00569|RMAN-03002|ORA-\d{5}/,
  },
  {
    name: 'robocopy-log',
    engine: 'files',
    head: /ROBOCOPY\s+::\s+/,
    done: /^\s*(?:Ended|已结束|结束时间)\s*[:：]/m,
  },
];

const TAIL = 8192;

function decodeText(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  return text.includes('\ufffd') ? new TextDecoder('gbk').decode(bytes) : text;
}

export const TOOL_LOGS: readonly Format[] = KINDS.map((kind) => ({
  name: kind.name,
  matches: (head) => !head.includes(0) && kind.head.test(decodeText(head)),
  read: (input) => readLog(input, kind),
}));

async function readLog(input: Cursor, kind: LogKind): Promise<Finding> {
  let tail = Buffer.alloc(0);
  let failure: string | undefined;
  for (let bytes = await input.chunk(); bytes; bytes = await input.chunk()) {
    if (kind.failed) failure ??= lineOf(kind.failed, decodeText(bytes));
    tail = Buffer.concat([tail, bytes.subarray(-TAIL)]).subarray(-TAIL);
  }
  const facts: BackupFacts = { engine: kind.engine, kind: 'metadata' };
  const text = decodeText(tail);
  const isDone = kind.done.test(text.trimEnd());
  if (failure !== undefined)
    return {
      format: kind.name,
      content: 'INCOMPLETE',
      reason: `the run reports: ${failure}`,
      layer: 'L1',
      facts,
    };
  if (!isDone) {
    const last = text.trimEnd().split('\n').at(-1)?.trim().slice(0, 160) ?? '';
    return {
      format: kind.name,
      content: 'INCOMPLETE',
      reason: `the log does not end with success; its last line: ${last}`,
      layer: 'L1',
      facts,
    };
  }
  return {
    format: kind.name,
    content: 'COMPLETE',
    reason: 'the log of a run that ended with success',
    layer: 'L1',
    facts,
  };
}

function lineOf(pattern: RegExp, text: string): string | undefined {
  return text
    .split('\n')
    .find((line) => pattern.test(line))
    ?.trim()
    .slice(0, 160);
}

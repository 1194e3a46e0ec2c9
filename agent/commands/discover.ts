// `niswatch-agent discover`: looks at this machine and proposes an agent.yaml, each entry with its reason. It changes nothing; only
// here, at setup, may a probe's search start programs.

import { writeFileSync } from 'node:fs';
import { systemClock } from '../../shared/clock.ts';
import { NamedError } from '../../shared/errors.ts';
import { discover } from '../discover/discover.ts';
import { openHost } from '../host/host.ts';
import { PROBES } from '../probes/index.ts';
import { type Command, CONFIG_FLAGS, JSON_FLAG, text } from './command.ts';
import { runProgram } from './run-program.ts';

const LIMITS = { timeoutMs: 10_000, outputBytes: 16 * 1024 * 1024 };

export const DISCOVER: Command = {
  name: 'discover',
  words: '',
  summary: {
    zh: '查找本机可监测的内容，生成 agent.yaml 建议稿',
    en: 'Look at this machine and propose an agent.yaml',
  },
  flags: {
    out: {
      value: 'FILE',
      help: { zh: '写入新文件（默认输出到屏幕）', en: 'Write to a new file (default: standard output)' },
    },
    ...CONFIG_FLAGS,
    ...JSON_FLAG,
  },
  async run(flags, _words, io) {
    const host = { ...openHost({ clock: systemClock() }), run };
    const { text: proposal, findings, failures } = await discover(host, PROBES);
    const out = text(flags, 'out');
    if (flags.json) io.out(`${JSON.stringify({ findings, failures })}\n`);
    else if (out === undefined) io.out(proposal);
    else {
      writeNew(out, proposal);
      io.out(io.language === 'zh' ? `已写入 ${out}，请核对。\n` : `Wrote ${out}; please review it.\n`);
    }
    for (const { unit, reason } of failures) io.err(`${unit}: ${reason}\n`);
    return failures.length === 0 ? 0 : 1;
  },
};

/** An agent.yaml that somebody reviewed is never overwritten. */
function writeNew(path: string, proposal: string): void {
  try {
    writeFileSync(path, proposal, { flag: 'wx' });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause;
    throw new NamedError('CONFLICT', `${path} exists already`, {
      cause,
      mend: 'Give another file: --out FILE.',
    });
  }
}

async function run(program: string, args: readonly string[]): Promise<string> {
  return (await runProgram(program, args, LIMITS)).printed;
}

// `niswatch-agent enrol`: registers this machine with a collector.

import { accessSync, constants, mkdirSync, readFileSync } from 'node:fs';
import os from 'node:os';
import { describeError, NamedError } from '../../shared/errors.ts';
import { systemClock } from '../../shared/clock.ts';
import { loadConfig } from '../config.ts';
import { enrol } from '../identity/enrol.ts';
import { askMachineName, realMachine } from '../identity/facts.ts';
import { identityPath, readIdentity, writeIdentity } from '../identity/identity.ts';
import { fingerprint } from '../identity/machine.ts';
import { checkUrl } from '../link/collector-link.ts';
import { VERSION } from '../version.ts';
import { type Command, CONFIG_FLAGS, JSON_FLAG, needed, text } from './command.ts';

const ENROL_MS = 20_000;

export const ENROL: Command = {
  name: 'enrol',
  words: '',
  summary: {
    zh: '用一次性接入码把本机接入中心',
    en: 'Register this machine with a collector by a one-time code',
  },
  flags: {
    collector: { value: 'URL', help: { zh: '中心地址', en: 'Address of the collector' } },
    code: { value: 'CODE', help: { zh: '一次性接入码', en: 'The one-time code' } },
    name: {
      value: 'NAME',
      help: { zh: '主机名称（默认为计算机名）', en: 'Name of the host (default: its own)' },
    },
    again: { help: { zh: '替换已有身份', en: 'Replace an existing identity' } },
    ...CONFIG_FLAGS,
    ...JSON_FLAG,
  },
  async run(flags, _words, io) {
    const url = needed(flags, 'collector').replace(/\/+$/, '');
    const code = needed(flags, 'code');
    checkUrl(url);
    const { config, dataFolder } = await loadConfig({
      file: text(flags, 'config'),
      data: text(flags, 'data'),
    });
    const path = identityPath(dataFolder);
    prepareFolder(dataFolder);
    const known = flags.again === true ? undefined : readIdentity(path, process.platform);
    if (known) {
      throw new NamedError('CONFLICT', `this machine is already enrolled as ${known.host.name}`, {
        mend: 'Nothing needs to be done. To enrol it anew, add --again.',
      });
    }
    const { now } = systemClock();
    const machine = realMachine(now);
    const name = askMachineName(machine);
    const { proxy, caFile } = config.collector;
    const identity = await enrol({
      url,
      code,
      name: text(flags, 'name'),
      machine: name,
      fingerprint: fingerprint(name, machine),
      facts: {
        hostname: os.hostname(),
        os: `${os.type()} ${os.release()}`,
        arch: os.arch(),
        version: VERSION,
      },
      dial: { proxy, ca: caFile ? readFileSync(caFile, 'utf8') : undefined, timeoutMs: ENROL_MS },
      now: now(),
    });
    writeIdentity(path, identity);
    const { host, hospital, collector } = identity;
    if (flags.json) io.out(`${JSON.stringify({ host, hospital, collector, identity: path })}\n`);
    else if (io.language === 'zh')
      io.out(`已接入中心 ${collector}：${hospital.name} / ${host.name}（${host.id}）\n`);
    else io.out(`Enrolled with ${collector}: ${hospital.name} / ${host.name} (${host.id})\n`);
    return 0;
  },
};

/** Before the code is spent: an identity that cannot be kept would waste it. */
function prepareFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o750 });
    accessSync(path, constants.W_OK);
  } catch (cause) {
    throw new NamedError('CONFIG_BAD_VALUE', `cannot write to ${path}: ${describeError(cause)}`, {
      cause,
      mend: 'Run as the user that owns the data folder (root or administrator), or give another: --data DIR.',
    });
  }
}

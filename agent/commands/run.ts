// `niswatch-agent run`: the agent itself, until a signal or its service host ends it.

import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startAgent } from '../agent.ts';
import { systemClock } from '../../shared/clock.ts';
import type { Values } from '../../shared/config/schema.ts';
import { NamedError } from '../../shared/errors.ts';
import type { GoodbyeReason } from '../../shared/frame.ts';
import { type AgentConfig, loadConfig } from '../config.ts';
import { openDataFolder } from '../data-folder.ts';
import { openHost } from '../host/host.ts';
import { realMachine } from '../identity/facts.ts';
import { type Identity, identityPath, readIdentity } from '../identity/identity.ts';
import type { DialOptions } from '../link/dial.ts';
import { openHttp } from '../link/http.ts';
import type { LinkStatus } from '../link/link.ts';
import { openWebSocket } from '../link/websocket.ts';
import { jsonLog, type Log } from '../log.ts';
import { PROBES } from '../probes/index.ts';
import type { ClockMeasurement, ProbeUnit } from '../probes/probe.ts';
import { WITNESS } from '../probes/witness/witness.ts';
import { openSpool } from '../spool/disk-spool.ts';
import { nodeDisk } from '../spool/node-disk.ts';
import { openBackground } from '../verify/background.ts';
import { type Command, CONFIG_FLAGS, text } from './command.ts';
import { openProbes } from './probes.ts';

const DIAL_MS = 15_000;
/** What reading backup files gave, and how far a long reading has come. */
const CACHE_FILE = 'verify.jsonl';

export const RUN: Command = {
  name: 'run',
  words: '',
  summary: { zh: '运行探针程序，直到收到停止信号', en: 'Run the agent until it is told to stop' },
  flags: {
    ...CONFIG_FLAGS,
    witness: {
      help: {
        zh: '只作见证：仅探测 probes.witness.targets 中的同院主机，不读取本机其他内容',
        en: 'Witness only: look at the hosts of probes.witness.targets and read nothing else of this machine',
      },
    },
  },
  async run(flags, _words, io) {
    const loaded = await loadConfig({ file: text(flags, 'config'), data: text(flags, 'data') });
    const { config, dataFolder } = loaded;
    const units = flags.witness === true ? [witnessOf(config)] : PROBES;
    const identity = readIdentity(identityPath(dataFolder), process.platform);
    if (!identity) throw new NamedError('NOT_ENROLLED', `no identity in ${dataFolder}`);
    const clock = systemClock();
    const log = jsonLog(config.log.level, clock, io.err);
    log.info('configuration read', { file: loaded.file ?? 'none, all defaults', data: dataFolder });
    const ended = Promise.withResolvers<GoodbyeReason>();
    listen(io.env, ended.resolve);
    const agent = launch({ config, dataFolder, units }, identity, log);
    await agent.stop(await ended.promise);
    // Timers of what never answered must not hold up a service manager.
    process.exit(0);
  },
};

/** Throws CONFIG_BAD_VALUE when there is nothing to witness. */
function witnessOf({ probes }: AgentConfig): ProbeUnit {
  const section = probes.witness as Values<typeof WITNESS.config.fields> | undefined;
  if (section?.enabled && section.targets.length > 0) return WITNESS;
  throw new NamedError('CONFIG_BAD_VALUE', 'probes.witness.targets: run --witness has no host to look at', {
    mend: 'Name in agent.yaml at least one host with its address and port, and leave probes.witness enabled.',
  });
}

interface Task {
  config: AgentConfig;
  dataFolder: string;
  units: readonly ProbeUnit[];
}

function launch(
  { config, dataFolder, units }: Task,
  identity: Identity,
  log: Log,
): ReturnType<typeof startAgent> {
  const clock = systemClock();
  const folder = join(dataFolder, 'spool');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return startAgent({
    identity,
    urls: config.collector.urls.length > 0 ? config.collector.urls : identity.urls,
    collector: config.collector.name || identity.collector,
    dataFolder,
    openProbes: (link) => {
      const clockOffset = (): ClockMeasurement | undefined => measurementOf(link.status());
      const verifier = openBackground({ clock, cacheFile: join(dataFolder, CACHE_FILE) });
      const data = openDataFolder(dataFolder, 'write');
      return openProbes(config, openHost({ clock, clockOffset, data, verifier }), units);
    },
    openSpool: () =>
      openSpool({
        folder,
        disk: nodeDisk(),
        random: () => randomBytes(16),
        clock,
        limits: config.spool,
        log: (level, message, fields) => log[level](message, fields),
      }),
    syncMs: config.spool.syncInterval,
    clock,
    random: Math.random,
    log,
    dial: dialOptions(config),
    transports: { websocket: openWebSocket, http: openHttp },
    machine: realMachine(clock.now),
    pid: process.pid,
    isAlive,
  });
}

function dialOptions(config: AgentConfig): DialOptions {
  const { proxy, caFile } = config.collector;
  return { proxy, ca: caFile ? readFileSync(caFile, 'utf8') : undefined, timeoutMs: DIAL_MS };
}

function measurementOf(status: LinkStatus): ClockMeasurement | undefined {
  const { offsetMs, rttMs } = status;
  return offsetMs === undefined || rttMs === undefined ? undefined : { offsetMs, rttMs };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Signals; and the words of a parent or Windows service host on standard input, whose end is an end too. */
function listen(env: NodeJS.ProcessEnv, end: (reason: GoodbyeReason) => void): void {
  const onSignal = (): void => {
    void reasonOfStop().then(end);
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  // A lost terminal or log pipe must not end the agent.
  process.on('SIGHUP', () => {});
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  if (env.NISWATCH_PARENT !== 'stdin') return;
  let rest = '';
  process.stdin.setEncoding('utf8').on('data', (text: string) => {
    const words = (rest + text.slice(0, 1000)).split(/\s/);
    rest = words.pop() ?? '';
    const word = words.find((w) => w === 'stop' || w === 'shutdown' || w === 'restart' || w === 'update');
    if (word) end(word);
  });
  process.stdin.on('end', () => end('stop')).on('error', () => end('stop'));
}

/** Asked only now, at the end: whether the service manager stops us alone or the whole host. */
function reasonOfStop(): Promise<GoodbyeReason> {
  if (process.platform !== 'linux') return Promise.resolve('stop');
  return new Promise((resolve) => {
    execFile('systemctl', ['is-system-running'], { timeout: 1000 }, (_error, printed) =>
      // The exit code says failure for every state but `running`; the word counts.
      resolve(String(printed).trim() === 'stopping' ? 'shutdown' : 'stop'),
    );
  });
}

// `niswatch-agent inventory`: what this server is and holds; `inventory compare BEFORE AFTER`: whether a migrated server can be accepted.
// Exit code of a comparison: 0 accepted, 1 to be confirmed, 2 not to be accepted; of an inventory: 0 whole, 1 something could not be read.

import { readFileSync, writeFileSync } from 'node:fs';
import { systemClock } from '../../shared/clock.ts';
import { NamedError } from '../../shared/errors.ts';
import { loadConfig } from '../config.ts';
import type { ConnectionConfig } from '../databases/config.ts';
import { openHost } from '../host/host.ts';
import { compareInventories, type Comparison } from '../inventory/compare.ts';
import { gather, type Inventory, type Item, type Section } from '../inventory/inventory.ts';
import { renderComparison, renderInventory } from '../inventory/words.ts';
import type { DiscoveryHost } from '../probes/probe.ts';
import {
  type Command,
  CONFIG_FLAGS,
  type ExitCode,
  type Flags,
  type Io,
  JSON_FLAG,
  text,
  UsageError,
} from './command.ts';
import { runProgram } from './run-program.ts';

const LIMITS = { timeoutMs: 60_000, outputBytes: 64 * 1024 * 1024 };

export const INVENTORY: Command = {
  name: 'inventory',
  words: '[compare BEFORE AFTER]',
  summary: {
    zh: '盘点本机（卷、服务、端口、版本、数据库、计划任务），对照迁移前后',
    en: 'Take stock of this server; compare before and after a migration',
  },
  flags: {
    out: {
      value: 'FILE',
      help: {
        zh: '写入文件（.json；对照时 .html 为网页）',
        en: 'Write to a file (JSON; a comparison as .html: a page)',
      },
    },
    'no-rows': {
      help: {
        zh: '不统计各表行数（逐表计数会读全表）',
        en: 'Do not count rows (counting reads whole tables)',
      },
    },
    ...CONFIG_FLAGS,
    ...JSON_FLAG,
  },
  async run(flags, words, io) {
    if (words.length === 0) return takeStock(flags, io);
    const [verb, before, after, ...more] = words;
    if (verb !== 'compare' || before === undefined || after === undefined || more.length > 0)
      throw new UsageError('write: inventory compare BEFORE AFTER, two files made by inventory --out FILE');
    return compare(readInventory(before), readInventory(after), flags, io);
  },
};

async function takeStock(flags: Flags, io: Io): Promise<ExitCode> {
  const { config } = await loadConfig({ file: text(flags, 'config'), data: text(flags, 'data') });
  const host = { ...openHost({ clock: systemClock() }), run };
  const section = config.probes.database as { connections?: readonly ConnectionConfig[] } | undefined;
  const inventory = await gather({
    at: new Date(host.clock.now()).toISOString(),
    host: host.os.hostname(),
    platform: host.platform,
    sources: [
      ...(await machineSources(host)),
      ...(await databaseSources(section?.connections ?? [], flags['no-rows'] !== true)),
    ],
  });
  const out = text(flags, 'out');
  const json = `${JSON.stringify(inventory, null, 1)}\n`;
  if (out !== undefined) {
    writeFileSync(out, json);
    io.err(io.language === 'zh' ? `已写入 ${out}\n` : `Wrote ${out}\n`);
  } else io.out(flags.json ? json : renderInventory(inventory, io.language));
  for (const { section: name, why } of inventory.missing) io.err(`${name}: ${why}\n`);
  return inventory.missing.length === 0 ? 0 : 1;
}

interface Sourced {
  section: Section;
  read(): Promise<Item[]>;
}

async function machineSources(host: DiscoveryHost): Promise<Sourced[]> {
  if (host.platform === 'win32') return (await import('../inventory/windows.ts')).windowsSources(host);
  const linux = await import('../inventory/linux.ts');
  return [
    { section: 'system', read: () => linux.linuxSystem(host) },
    { section: 'volumes', read: () => linux.linuxVolumes(host) },
    { section: 'services', read: () => linux.linuxServices(host) },
    { section: 'ports', read: () => linux.linuxPorts(host) },
    { section: 'versions', read: () => linux.linuxVersions(host) },
    { section: 'tasks', read: () => linux.linuxTasks(host) },
  ];
}

/** Each connection is read once, for both of its sections. */
async function databaseSources(
  connections: readonly ConnectionConfig[],
  counts: boolean,
): Promise<Sourced[]> {
  if (connections.length === 0) return [];
  const { readerFor } = await import('../inventory/databases.ts');
  return connections.flatMap((connection) => {
    const read = readerFor(connection);
    if (!read) return [];
    const held = read(counts);
    // Asked for below; a failure is told there, once.
    held.catch(() => {});
    return [
      { section: 'databases', read: async () => (await named(held, connection.name)).databases },
      { section: 'tables', read: async () => (await held.catch(() => ({ tables: [] as Item[] }))).tables },
    ];
  });
}

function named<T>(held: Promise<T>, name: string): Promise<T> {
  return held.catch((error: Error) => {
    throw new Error(`${name}: ${error.message}`, { cause: error });
  });
}

/** Some programs tell their version on standard error. */
async function run(program: string, args: readonly string[]): Promise<string> {
  const { printed, said } = await runProgram(program, args, LIMITS);
  return printed === '' ? said : printed;
}

function readInventory(path: string): Inventory {
  let read: Partial<Inventory> | null;
  try {
    read = JSON.parse(readFileSync(path, 'utf8')) as Partial<Inventory> | null;
  } catch (cause) {
    throw new NamedError(
      'CONFIG_UNREADABLE',
      `${path} cannot be read as an inventory: ${(cause as Error).message}`,
      {
        cause,
        mend: 'Make it on that server: niswatch-agent inventory --out FILE.',
      },
    );
  }
  if (read?.format === 'niswatch-inventory-1' && read.sections && read.missing) return read as Inventory;
  throw new NamedError('CONFIG_UNREADABLE', `${path} is not an inventory of a version known here`, {
    mend: 'Make it on that server: niswatch-agent inventory --out FILE.',
  });
}

const EXIT: Record<Comparison['verdict'], ExitCode> = { accepted: 0, check: 1, refused: 2 };

async function compare(before: Inventory, after: Inventory, flags: Flags, io: Io): Promise<ExitCode> {
  const comparison = compareInventories(before, after);
  const out = text(flags, 'out');
  const json = `${JSON.stringify(comparison)}\n`;
  if (out !== undefined) {
    const isPage = /\.html?$/i.test(out);
    const page = isPage ? (await import('../inventory/html.ts')).renderHtml(comparison, io.language) : json;
    writeFileSync(out, page);
    io.err(io.language === 'zh' ? `已写入 ${out}\n` : `Wrote ${out}\n`);
  }
  if (flags.json) io.out(json);
  else io.out(renderComparison(comparison, io.language));
  return EXIT[comparison.verdict];
}

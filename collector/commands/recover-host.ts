// `niswatch recover … --host`: the same answers from what a host's agent reported, out of the collector's data folder. Promise: it reads
// the state and prints; nothing is asked of the host, nothing is run.

import type { Clock } from '../../shared/clock.ts';
import { NamedError } from '../../shared/errors.ts';
import type { Language } from '../../shared/text.ts';
import type { HostBackups, SetBackups } from '../backups/kept.ts';
import { findSet, plansFor } from '../backups/plans.ts';
import { RUNG_WORDS } from '../backups/words.ts';
import { renderWindows, windowsData } from '../backups/render/windows.ts';
import { readBackups } from '../backups/state/read.ts';
import type { State } from '../state/state.ts';
import type { Invocation } from './options.ts';
import {
  atOf,
  languageOf,
  numberOption,
  optionOf,
  printPlans,
  type RecoverPrinted,
  targetOf,
  zoneOf,
} from './recover.ts';

export interface HostContext {
  state: State;
  clock: Clock;
  env: NodeJS.ProcessEnv;
}

export async function runRecoverHost(call: Invocation, context: HostContext): Promise<RecoverPrinted> {
  const language = languageOf(call, context.env);
  for (const option of ['files', 'verdicts'] as const) {
    if (call.options[option] !== undefined)
      throw new NamedError(
        'BAD_REQUEST',
        `niswatch ${call.command}: --host and --${option} exclude each other`,
      );
  }
  const host = await findHost(context.state, optionOf(call, 'host') ?? '');
  const now = Math.floor(context.clock.now() / 1000) * 1000;
  const kept = await readBackups(context.state, host.id, now);
  const zone = zoneOf(call, kept.timeZone);
  if (call.command === 'recover windows') return windows(call, { kept, host, zone, language });
  const wish = {
    at: atOf(call, zone),
    database: optionOf(call, 'database'),
    target: targetOf(call, zone, 'elsewhere'),
    readRate: rateOf(call),
  };
  const set = setOf(call, kept);
  const made = plansFor(kept, set, wish, now);
  const printed = printPlans(made, { call, zone, language });
  return { ...printed, json: { host: { id: host.id, name: host.name }, set, ...printed.json } };
}

function rateOf(call: Invocation): number | undefined {
  const mib = numberOption(call, 'read-rate');
  return mib === undefined ? undefined : mib * 1024 ** 2;
}

function setOf(call: Invocation, kept: HostBackups): string {
  const named = optionOf(call, 'set');
  if (named !== undefined) return findSet(kept, named).name;
  const [only, ...more] = kept.sets;
  if (only && more.length === 0) return only.name;
  const there = kept.sets.map((s) => s.name).join(', ');
  throw new NamedError('BAD_REQUEST', `niswatch ${call.command}: --set is missing`, {
    mend: there ? `Name one of: ${there}.` : 'The agent of this host told of no backup set yet.',
  });
}

interface Found {
  id: string;
  name: string;
}

/** By id, or by a name that only one host has. */
async function findHost(state: State, wanted: string): Promise<Found> {
  const hosts = await state
    .selectFrom('hosts')
    .innerJoin('hospitals', 'hospitals.id', 'hosts.hospitalId')
    .where('hosts.revokedAt', 'is', null)
    .select(['hosts.id', 'hosts.name', 'hosts.hostname', 'hospitals.name as hospital'])
    .execute();
  const byId = hosts.find((h) => h.id === wanted);
  const named = byId ? [byId] : hosts.filter((h) => same(h.name, wanted) || same(h.hostname, wanted));
  const [only, ...more] = named;
  if (only && more.length === 0) return only;
  const list = (of: typeof hosts) =>
    of
      .slice(0, 20)
      .map((h) => `${h.id} (${h.hospital} · ${h.name})`)
      .join(', ');
  if (only) {
    throw new NamedError('BAD_REQUEST', `--host ${wanted}: ${named.length} hosts have this name`, {
      mend: `Name its id: ${list(named)}.`,
    });
  }
  throw new NamedError('NOT_FOUND', `--host ${wanted}: there is no such host`, {
    mend:
      hosts.length > 0
        ? `There are: ${list(hosts)}.`
        : 'No host is enrolled in this data folder: check --data.',
  });
}

const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

interface Told {
  kept: HostBackups;
  host: Found;
  zone: string;
  language: Language;
}

function windows(call: Invocation, { kept, host, zone, language }: Told): RecoverPrinted {
  const named = optionOf(call, 'set');
  const sets = named === undefined ? kept.sets : [findSet(kept, named)];
  const data = sets.map((set) => ({
    set: set.name,
    rung: set.rung,
    told: set.told,
    known: set.known,
    last: set.recovery.last?.text ?? null,
    rpoSeconds: set.recovery.rpoMs === undefined ? null : set.recovery.rpoMs / 1000,
    ...windowsData(momentsOf(set), zone),
  }));
  const none =
    language === 'zh' ? '这台主机还没有上报备份集。\n' : 'No backup set was told of for this host yet.\n';
  return {
    json: { host: { id: host.id, name: host.name }, zone, backups: data },
    text: sets.length === 0 ? none : sets.map((set) => renderSet(set, language)).join('\n'),
    exitCode: 0,
  };
}

const momentsOf = ({ recovery }: SetBackups) => ({ sets: recovery.sets, unassigned: [] });

function renderSet(set: SetBackups, language: Language): string {
  const rung = RUNG_WORDS[set.rung][language];
  const head =
    language === 'zh'
      ? `【${set.name}】第 ${set.rung} 级：${rung}`
      : `[${set.name}] rung ${set.rung}: ${rung}`;
  if (set.recovery.sets.length > 0) return `${head}\n${renderWindows(momentsOf(set), language)}`;
  const none =
    language === 'zh'
      ? '现有文件恢复不出任何时刻'
      : 'no moment can be restored from the files that are there';
  return `${head}\n  ✗   ${none}\n`;
}

// What one service's reading means, given what was seen before: samples, check, events. Pure; the readers only look.
//
//   new ──up──▶ up ──none alive──▶ down ──alive──▶ up        events: down, up
//               up ──other main process──▶ up               event: restart
//   unreadable leaves the state as it was: not seeing is not stopping.
//
// Invariant: `restarts` rises exactly when a main process is seen that is not the one seen last.

import type { Judgement, ProbeEvent, Sample } from '../probe.ts';

export interface Member {
  /** Names one process for the life of the machine. */
  id: string;
  pid: number;
  rssBytes: number;
  cpuSeconds: number;
}

export type Seen =
  | { kind: 'up'; main: Member; members: readonly Member[] }
  | { kind: 'changing' | 'down' | 'unreadable'; why: string };

export interface ServiceState {
  last: 'new' | 'up' | 'down';
  restarts: number;
  main?: { id: string; pid: number };
  cpu?: { atMs: number; byMember: ReadonlyMap<string, number> };
}

export const NEW_SERVICE: ServiceState = { last: 'new', restarts: 0 };

export interface ServiceOutcome {
  state: ServiceState;
  samples: Sample[];
  check: Judgement;
  events: ProbeEvent[];
}

/** `nowMs` is monotonic. */
export function judgeService(name: string, state: ServiceState, seen: Seen, nowMs: number): ServiceOutcome {
  const id = `service:${name}`;
  if (seen.kind === 'unreadable') {
    return {
      state,
      samples: [],
      check: { id, status: 'unknown', text: `服务 ${name} 无法判断：${seen.why}` },
      events: [],
    };
  }
  if (seen.kind === 'up') return judgeUp(name, state, seen, nowMs);
  return judgeDown(name, state, seen);
}

function judgeUp(
  name: string,
  state: ServiceState,
  seen: Extract<Seen, { kind: 'up' }>,
  nowMs: number,
): ServiceOutcome {
  const changed = state.main !== undefined && state.main.id !== seen.main.id;
  const restarts = state.restarts + (changed ? 1 : 0);
  const byMember = new Map(seen.members.map((member) => [member.id, member.cpuSeconds]));
  const labels = { name };
  const samples: Sample[] = [
    { metric: 'service_up', labels, value: 1 },
    { metric: 'service_restarts', labels, value: restarts },
    { metric: 'service_memory_rss', labels, value: sum(seen.members.map((member) => member.rssBytes)) },
    { metric: 'service_processes', labels, value: seen.members.length },
  ];
  const percent = state.cpu && cpuPercent(state.cpu, byMember, nowMs);
  if (percent !== undefined) samples.push({ metric: 'service_cpu_percent', labels, value: percent });
  return {
    state: {
      last: 'up',
      restarts,
      main: { id: seen.main.id, pid: seen.main.pid },
      cpu: { atMs: nowMs, byMember },
    },
    samples,
    check: { id: `service:${name}`, status: 'ok', text: `服务 ${name} 运行中（主进程 ${seen.main.pid}）` },
    events: upEvents(name, state, changed, seen.main.pid, restarts),
  };
}

function upEvents(
  name: string,
  state: ServiceState,
  changed: boolean,
  pid: number,
  restarts: number,
): ProbeEvent[] {
  if (state.last === 'down') return [{ kind: 'service.up', subject: name, data: { pid, restarts } }];
  if (state.last === 'up' && changed)
    return [{ kind: 'service.restart', subject: name, data: { pid, restarts } }];
  return [];
}

function judgeDown(name: string, state: ServiceState, seen: Exclude<Seen, { kind: 'up' }>): ServiceOutcome {
  const labels = { name };
  const { cpu: _stopped, ...rest } = state;
  const was = state.main ? `，原主进程 ${state.main.pid} 已退出` : '';
  return {
    state: { ...rest, last: 'down' },
    samples: [
      { metric: 'service_up', labels, value: 0 },
      { metric: 'service_restarts', labels, value: state.restarts },
      { metric: 'service_memory_rss', labels, value: 0 },
      { metric: 'service_processes', labels, value: 0 },
      { metric: 'service_cpu_percent', labels, value: 0 },
    ],
    check: {
      id: `service:${name}`,
      status: seen.kind === 'changing' ? 'warning' : 'critical',
      text: seen.kind === 'changing' ? `服务 ${name} ${seen.why}` : `服务 ${name} 已停止：${seen.why}${was}`,
    },
    events:
      state.last === 'up'
        ? [{ kind: 'service.down', subject: name, ...(state.main ? { data: { pid: state.main.pid } } : {}) }]
        : [],
  };
}

/** A process that appeared since the last reading counts from its next one: what it used before it was seen is not known to be ours. */
function cpuPercent(
  before: { atMs: number; byMember: ReadonlyMap<string, number> },
  now: ReadonlyMap<string, number>,
  nowMs: number,
): number | undefined {
  const seconds = (nowMs - before.atMs) / 1000;
  if (seconds <= 0) return undefined;
  let used = 0;
  for (const [id, cpuSeconds] of now) {
    used += Math.max(0, cpuSeconds - (before.byMember.get(id) ?? cpuSeconds));
  }
  return (used / seconds) * 100;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

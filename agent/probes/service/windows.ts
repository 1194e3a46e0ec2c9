// Services of Windows through the service control manager's own list. Promise: one listing per reading, no child process.

import type { Host, Win32 } from '../probe.ts';
import type { Seen } from './state.ts';

const STATE_WORDS = { paused: '处于暂停状态', starting: '正在启动', stopping: '正在停止' } as const;

export function readWindowsServices(
  host: Host,
  services: readonly { name: string; windows: string }[],
): Map<string, Seen> {
  const win32 = host.win32;
  const listed = new Map(win32?.services().map((service) => [service.name.toLowerCase(), service]));
  return new Map(
    services.map(({ name, windows }) => {
      if (!win32) return [name, { kind: 'unreadable', why: '本机无法调用 Windows 服务接口' }];
      if (windows === '') return [name, { kind: 'unreadable', why: '未填写 windows（Windows 服务名）' }];
      return [name, seenOf(win32, listed.get(windows.toLowerCase()), windows)];
    }),
  );
}

function seenOf(
  win32: Win32,
  service: ReturnType<Win32['services']>[number] | undefined,
  windows: string,
): Seen {
  if (!service) return { kind: 'unreadable', why: `没有名为 ${windows} 的 Windows 服务，请检查 agent.yaml` };
  switch (service.state) {
    case 'running': {
      const used = win32.process(service.pid);
      const main = {
        id: String(service.pid),
        pid: service.pid,
        rssBytes: used?.memoryRss ?? Number.NaN,
        cpuSeconds: used?.cpuSeconds ?? Number.NaN,
      };
      return { kind: 'up', main, members: [main] };
    }
    case 'stopped':
      return { kind: 'down', why: 'Windows 服务状态为“已停止”' };
    case 'paused':
      return { kind: 'down', why: `Windows 服务${STATE_WORDS.paused}` };
    case 'starting':
    case 'stopping':
      return { kind: 'changing', why: STATE_WORDS[service.state] };
  }
}

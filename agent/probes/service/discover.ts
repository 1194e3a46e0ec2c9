// Proposes the servers that run now as services to watch.

import { findServers, type FoundServer } from '../../discover/servers.ts';
import type { DiscoveryHost, Finding } from '../probe.ts';

const WHY = {
  database: '数据库停止即业务中断',
  web: '网站服务停止则用户无法打开系统',
  application: '应用服务停止则系统无法使用',
  remote: '远程维护通道，需要时必须可用',
  system: '其他服务和定时作业依赖它',
} as const;

export async function discoverServices(host: DiscoveryHost): Promise<Finding[]> {
  return (await findServers(host)).map((server) => {
    const place = server.windows ?? server.unit;
    const where = place === undefined ? `进程 ${server.process} ` : `服务 ${place} `;
    const what = `${server.known.zh}：${where}正在运行（进程号 ${server.pids.join('、')}）`;
    if (isAmbiguous(server)) {
      return {
        what,
        why: '多个程序同名且不由 systemd 管理，无法区分；请改用 pidFile 或监测其端口',
        config: {},
      };
    }
    return { what, why: WHY[server.known.role], config: { services: [entryOf(server)] } };
  });
}

/** One `java` beside another would hide its stop. */
function isAmbiguous(server: FoundServer): boolean {
  return server.unit === undefined && server.windows === undefined && server.pids.length > 1;
}

function entryOf(server: FoundServer): Record<string, string> {
  if (server.windows !== undefined) return { name: server.name, windows: server.windows };
  if (server.unit !== undefined) return { name: server.name, unit: server.unit };
  return { name: server.name, process: server.process };
}

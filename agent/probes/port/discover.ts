// Proposes the ports of running servers; those that answer HTTP are left to the http unit, or one fault would be told twice.

import { findPages } from '../../discover/pages.ts';
import { findServers } from '../../discover/servers.ts';
import type { DiscoveryHost, Finding } from '../probe.ts';

export async function discoverPorts(host: DiscoveryHost): Promise<Finding[]> {
  const pages = new Set((await findPages(host)).map((page) => page.port));
  return (await findServers(host)).flatMap((server) =>
    server.listens
      .filter(({ port }) => !pages.has(port))
      .map(({ host: address, port }) => ({
        what: `${server.known.zh}正在监听 ${address}:${port}`,
        why: '进程在而端口不通时，用户同样无法使用',
        config: {
          targets: [
            { name: `${server.name}-${port}`, ...(address === '127.0.0.1' ? {} : { host: address }), port },
          ],
        },
      })),
  );
}

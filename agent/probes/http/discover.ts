// Proposes the pages that web and application servers on this machine answer with.

import { findPages } from '../../discover/pages.ts';
import type { DiscoveryHost, Finding } from '../probe.ts';
import { isExpected } from './judge.ts';

const DEFAULT_STATUS = '200-399';

export async function discoverPages(host: DiscoveryHost): Promise<Finding[]> {
  return (await findPages(host)).map(({ server, port, url, status, insecure }) => ({
    what: `${server.known.zh}在 ${url} 应答 HTTP ${status}`,
    why: insecure
      ? '页面打不开即系统不可用；证书无法验证，故不验证，但仍报告其到期日'
      : '页面打不开即系统不可用',
    config: {
      targets: [
        {
          name: `${server.name}-${port}`,
          url,
          ...(isExpected(status, DEFAULT_STATUS) ? {} : { expectStatus: `${DEFAULT_STATUS},${status}` }),
          ...(insecure ? { insecure } : {}),
        },
      ],
    },
  }));
}

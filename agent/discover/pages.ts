// Which listening ports of web and application servers answer HTTP. Promise: one GET of `/` per port, on this machine only.

import { readPage } from '../probes/http/request.ts';
import type { DiscoveryHost, Host } from '../probes/probe.ts';
import { findServers, type FoundServer } from './servers.ts';

export interface FoundPage {
  server: FoundServer;
  port: number;
  url: string;
  status: number;
  /** The certificate cannot be verified. */
  insecure: boolean;
}

const TIMEOUT_MS = 3_000;
const found = new WeakMap<Host, Promise<FoundPage[]>>();

export function findPages(host: DiscoveryHost): Promise<FoundPage[]> {
  const known = found.get(host);
  if (known) return known;
  const looking = look(host);
  found.set(host, looking);
  return looking;
}

async function look(host: DiscoveryHost): Promise<FoundPage[]> {
  const servers = (await findServers(host)).filter(
    ({ known }) => known.role === 'web' || known.role === 'application',
  );
  const places = servers.flatMap((server) => server.listens.map((listener) => ({ server, ...listener })));
  const pages = await Promise.all(
    places.map(async ({ server, host: address, port }) => {
      for (const scheme of ['http', 'https']) {
        const url = `${scheme}://${address.includes(':') ? `[${address}]` : address}:${port}/`;
        const target = { url, timeout: TIMEOUT_MS, insecure: true };
        const { answer, certificate } = await readPage(
          target,
          host.clock,
          AbortSignal.timeout(2 * TIMEOUT_MS),
        );
        // A TLS port tells a plain request so, politely, with 400; that is not the page.
        if (!answer || (scheme === 'http' && answer.status === 400)) continue;
        return [{ server, port, url, status: answer.status, insecure: certificate?.problem !== undefined }];
      }
      return [];
    }),
  );
  return pages.flat();
}

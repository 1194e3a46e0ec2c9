// The volume that a set's backups lie on: its space, and whether the data that they save lie on it too. Promise: what cannot be seen
// is left out.

import type { Host } from '../probe.ts';
import type { SetConfig } from './config.ts';

export interface Volume {
  freeBytes: number;
  totalBytes: number;
  /** The data's folder and whether it is on the same volume; undefined: not known where the data are. */
  data?: { folder: string; isSame: boolean };
}

/** Where an engine keeps its data when nobody chose another place. */
const USUAL: Partial<Record<SetConfig['engine'], readonly string[]>> = {
  mysql: ['/var/lib/mysql', 'C:/ProgramData/MySQL'],
  mariadb: ['/var/lib/mysql', 'C:/Program Files/MariaDB'],
  postgresql: ['/var/lib/postgresql', '/var/lib/pgsql', 'C:/Program Files/PostgreSQL'],
  sqlserver: ['/var/opt/mssql/data', 'C:/Program Files/Microsoft SQL Server'],
  oracle: ['/u01/app/oracle/oradata', '/opt/oracle/oradata', 'C:/app/oracle/oradata'],
};

export async function volumeOf(
  host: Host,
  set: Pick<SetConfig, 'folder' | 'dataFolder' | 'engine'>,
): Promise<Volume | undefined> {
  const found = await host.statfs(set.folder).catch(() => undefined);
  if (!found) return undefined;
  const data = await dataOn(host, set);
  return { freeBytes: found.availableBytes, totalBytes: found.totalBytes, ...(data && { data }) };
}

async function dataOn(
  host: Host,
  { folder, dataFolder, engine }: Pick<SetConfig, 'folder' | 'dataFolder' | 'engine'>,
): Promise<Volume['data']> {
  const own = await host.stat(folder).catch(() => undefined);
  for (const place of dataFolder === '' ? (USUAL[engine] ?? []) : [dataFolder]) {
    const found = await host.stat(place).catch(() => undefined);
    if (found?.device === undefined || own?.device === undefined) continue;
    return { folder: place, isSame: found.device === own.device };
  }
  return undefined;
}

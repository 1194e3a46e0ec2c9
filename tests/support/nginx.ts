// A real nginx on a free port with a folder of its own, as a service that stories can kill and start again.

import { spawn, spawnSync } from 'node:child_process';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, temporaryFolder, until } from './programs.ts';
import { atEnd, type Scope } from './scope.ts';

export interface Nginx {
  port: number;
  url: string;
  pidFile: string;
  pid(): number;
  start(): Promise<void>;
  /** The master and its workers, as a crash would. */
  kill(): void;
}

const PROGRAM = '/usr/sbin/nginx';

/** Not started yet; stopped when the test ends. `name`: runs a copy of the program that is called so. */
export async function openNginx(t: Scope, options: { port?: number; name?: string } = {}): Promise<Nginx> {
  const folder = temporaryFolder(t, 'niswatch-nginx');
  const port = options.port ?? (await freePort());
  const program = options.name === undefined ? PROGRAM : join(folder, options.name);
  if (program !== PROGRAM) copyFileSync(PROGRAM, program);
  const url = `http://127.0.0.1:${port}/`;
  const pidFile = join(folder, 'nginx.pid');
  const file = join(folder, 'nginx.conf');
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${folder}/${name};`)
    .join(' ');
  writeFileSync(
    file,
    `pid ${pidFile}; error_log stderr; events {} http { access_log off; ${paths} server { listen 127.0.0.1:${port}; return 200 ok; } }`,
  );
  const pid = () => Number(readFileSync(pidFile, 'utf8'));
  atEnd(t, () => {
    try {
      process.kill(pid(), 'SIGTERM');
    } catch {
      // It was killed by the story and not started again.
    }
  });
  return {
    port,
    url,
    pidFile,
    pid,
    async start() {
      spawn(program, ['-c', file, '-p', folder, '-e', 'stderr', '-g', 'daemon off;'], {
        stdio: 'ignore',
      });
      await until('nginx to answer', 10_000, async () => (await fetch(url)).ok);
    },
    kill() {
      const master = pid();
      const workers = spawnSync('ps', ['-o', 'pid=', '--ppid', String(master)], { encoding: 'utf8' });
      for (const each of [master, ...workers.stdout.split('\n').filter(Boolean).map(Number)])
        process.kill(each, 'SIGKILL');
    },
  };
}

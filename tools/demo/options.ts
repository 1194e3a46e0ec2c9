// The command line of `npm run demo`.

import { parseArgs } from 'node:util';

export interface DemoOptions {
  hospitals: number;
  days: number;
  seed: number;
  dir: string;
  port: number;
  live: boolean;
}

export const HELP = `npm run demo -- [options]

A made-up fleet with its history, to look at page, reports and Grafana without a hospital.
用虚构的医院演示：页面、报表和 Grafana 都有数据可看，不需要真实医院。

  --hospitals N   how many hospitals 医院数 (1 to 196; default 40)
  --days N        days of history 历史天数 (2 to 60; default 30)
  --seed N        another seed makes another fleet 随机种子 (default 1)
  --dir FOLDER    where all is kept 数据目录 (default ./data-demo); made anew each time
  --port N        where the collector listens on 127.0.0.1 端口 (default 8080, or PORT)
  --no-live       only makes the folder 只生成数据，不启动
  --help
`;

/** Throws an Error that names the option and says the mend. */
export function readOptions(args: readonly string[], env: NodeJS.ProcessEnv): DemoOptions | 'help' {
  let values;
  try {
    ({ values } = parseArgs({
      args: [...args],
      options: {
        hospitals: { type: 'string', default: '40' },
        days: { type: 'string', default: '30' },
        seed: { type: 'string', default: '1' },
        dir: { type: 'string', default: 'data-demo' },
        port: { type: 'string', default: env.PORT ?? '8080' },
        'no-live': { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }));
  } catch (cause) {
    throw new Error(`${(cause as Error).message}\nSee: npm run demo -- --help`, { cause });
  }
  if (values.help) return 'help';
  return {
    hospitals: whole('hospitals', values.hospitals, 1, 196),
    days: whole('days', values.days, 2, 60),
    seed: whole('seed', values.seed, 0, 2 ** 31),
    dir: values.dir,
    port: whole('port', values.port, 1, 65_535),
    live: !values['no-live'],
  };
}

function whole(name: string, text: string, low: number, high: number): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isInteger(value) && value >= low && value <= high) return value;
  throw new Error(`--${name} ${text}: give a whole number from ${low} to ${high}`);
}

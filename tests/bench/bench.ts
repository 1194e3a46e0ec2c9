// `npm run bench -- NAME [--json] [args]`: runs one bench of this folder. With `--json` the last line is one JSON object, whose
// keys the bench's own help names. `--help` lists the benches.

import { globSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Of one program, or by name of others measured beside it. */
export type Figures = Record<string, number | Record<string, number>>;

export interface BenchOptions {
  json: boolean;
  args: readonly string[];
}

/** What each file of this folder exports. */
export interface Bench {
  /** One line: what is measured, and the keys of the JSON line. */
  about: string;
  /** All of it, for `NAME --help`; `about` when left out. */
  help?: string;
  /** A bench that returns nothing has written its figures itself. */
  bench(options: BenchOptions): Promise<Figures | void>;
}

const benches = globSync('*.ts', { cwd: import.meta.dirname })
  .map((file) => basename(file, '.ts'))
  .filter((name) => name !== 'bench')
  .sort();

const load = async (name: string): Promise<Partial<Bench>> =>
  (await import(pathToFileURL(join(import.meta.dirname, `${name}.ts`)).href)) as Partial<Bench>;

async function help(): Promise<string> {
  let text = 'npm run bench -- NAME [--json] [args]\n\n';
  for (const name of benches) text += `  ${name.padEnd(10)} ${(await load(name)).about ?? ''}\n`;
  return `${text}\nWith --json the last line is one JSON object with the named keys.\n`;
}

function show(result: Figures): string {
  const line = ([key, value]: [string, number | Record<string, number>]): string => {
    if (typeof value === 'object') return `${key}\n${show(value).replaceAll(/^/gm, '  ').trimEnd()}\n`;
    const shown =
      value >= 1000 ? Math.round(value).toLocaleString('en') : String(Number(value.toPrecision(4)));
    return `${key.padEnd(24)} ${shown}\n`;
  };
  return Object.entries(result).map(line).join('');
}

async function main(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === '--help') {
    process.stdout.write(await help());
    return name === undefined ? 2 : 0;
  }
  if (!benches.includes(name)) {
    process.stderr.write(`no bench ${name}; there are: ${benches.join(', ')}\n`);
    return 2;
  }
  const found = await load(name);
  if (rest.includes('--help')) {
    process.stdout.write(`${name}: ${found.about ?? ''}\n${found.help ? `\n${found.help}` : ''}`);
    return 0;
  }
  const json = rest.includes('--json');
  const result = await found.bench?.({ json, args: rest.filter((arg) => arg !== '--json') });
  if (result) process.stdout.write(show(result) + (json ? `${JSON.stringify(result)}\n` : ''));
  return 0;
}

process.exitCode = await main(process.argv.slice(2));

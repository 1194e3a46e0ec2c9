// A backup tool that prints JSON, or a file with what it printed. Promise: started without a shell, with the words of agent.yaml and
// nothing else, at most once per turn, no longer than the time given.

import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { NamedError } from '../../../shared/errors.ts';
import type { ConnectionConfig } from '../config.ts';
import type { Connection, Row } from '../engine.ts';

interface Tool {
  program: string;
  args: readonly string[];
  signal: AbortSignal;
}

const OUTPUT_BYTES = 16 * 1024 * 1024;

export async function openTool(config: ConnectionConfig, tool: Tool): Promise<Connection> {
  const read = async (): Promise<Row[]> => {
    const text = config.output === '' ? await printed(config, tool) : await readFile(config.output, 'utf8');
    return parse(text, config.output || tool.program);
  };
  return { query: read, close: async () => {} };
}

function printed(config: ConnectionConfig, { program, args, signal }: Tool): Promise<string> {
  const options = { timeout: config.timeout, maxBuffer: OUTPUT_BYTES, signal, windowsHide: true } as const;
  return new Promise((resolve, reject) => {
    execFile(config.program || program, [...args, ...config.arguments], options, (error, stdout, stderr) => {
      if (error)
        reject(new Error(`${program}: ${(stderr || error.message).trim().slice(0, 300)}`, { cause: error }));
      else resolve(stdout);
    });
  });
}

function parse(text: string, source: string): Row[] {
  try {
    const value = JSON.parse(text) as Row | Row[];
    return Array.isArray(value) ? value : [value];
  } catch (cause) {
    throw new NamedError('PROBE_FAILED', `${source}: what it printed is no JSON`, { cause });
  }
}

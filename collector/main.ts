#!/usr/bin/env node
// `niswatch`: reads the command line, does the one thing that it asks for, and says clearly what went wrong.

import { randomBytes } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { systemClock } from '../shared/clock.ts';
import { NamedError } from '../shared/errors.ts';
import { openCollector } from './collector.ts';
import { openFolderState, runCommand, SPECS } from './commands/commands.ts';
import { runMigrateStore } from './commands/migrate-store.ts';
import { type RecoverPrinted, runRecover } from './commands/recover.ts';
import { runRecoverHost } from './commands/recover-host.ts';
import { type Invocation, parseCommandLine, renderCommandHelp, renderHelp } from './commands/options.ts';
import { type CollectorConfig, readCollectorConfig } from './config.ts';
import { openLog } from './log.ts';
import { readFolder } from './backups/read-folder.ts';
import { openPage } from './page/page.ts';
import { nameStateError } from './state/state.ts';
import { VERSION } from './version.ts';

const STOP_WITHIN_MS = 12_000;

async function main(argv: readonly string[]): Promise<void> {
  const call = parseCommandLine(SPECS, argv);
  if (!call) {
    process.stdout.write(renderHelp(SPECS));
    if (argv.length === 0) process.exitCode = 2;
    return;
  }
  const spec = SPECS.find((s) => s.words === call.command);
  if (call.options.help && spec) {
    process.stdout.write(renderCommandHelp(spec));
    return;
  }
  if (call.command === 'version') return print(call, { text: `${VERSION}\n`, json: { version: VERSION } });
  if (call.command.startsWith('recover ') && call.options.host === undefined) {
    const printed = await runRecover(call, { clock: systemClock(), env: process.env, readFolder });
    process.exitCode = printed.exitCode;
    return print(call, printed);
  }
  const config = readCollectorConfig(call.options.config as string | undefined, process.env);
  const folder = (call.options.data as string | undefined) ?? process.env.NISWATCH_DATA ?? config.dataFolder;
  if (call.command === 'check-config') {
    return print(call, { text: 'the configuration is good\n', json: { ok: true } });
  }
  if (call.command === 'serve') return serve(call, config, folder);
  if (call.command.startsWith('recover ')) {
    const printed = await recoverHost(call, folder);
    process.exitCode = printed.exitCode;
    return print(call, printed);
  }
  if (call.command === 'migrate-store') {
    const printed = await migrateStore(call, config, folder);
    process.exitCode = printed.exitCode;
    return print(call, printed);
  }
  const printed = await runCommand(call, {
    config,
    folder,
    clock: systemClock(),
    random: (bytes) => randomBytes(bytes),
    readInput: () => text(process.stdin),
  });
  print(call, printed);
}

async function recoverHost(call: Invocation, folder: string): Promise<RecoverPrinted> {
  const state = await openFolderState(folder);
  try {
    return await runRecoverHost(call, { state, clock: systemClock(), env: process.env });
  } finally {
    await state.destroy();
  }
}

async function migrateStore(
  call: Invocation,
  config: CollectorConfig,
  folder: string,
): ReturnType<typeof runMigrateStore> {
  const state = await openFolderState(folder);
  const tell = (line: string): void => void process.stderr.write(`${line}\n`);
  const log = openLog('warn');
  try {
    return await runMigrateStore(call, { config, folder, clock: systemClock(), log, tell }, state);
  } finally {
    await state.destroy();
  }
}

function print(call: Invocation, printed: { text: string; json: object }): void {
  process.stdout.write(call.options.json ? `${JSON.stringify(printed.json)}\n` : printed.text);
}

async function serve(call: Invocation, config: CollectorConfig, folder: string): Promise<void> {
  const port = call.options.port === undefined ? config.listen.port : Number(call.options.port);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new NamedError('BAD_REQUEST', `--port ${String(call.options.port)} is not a port`, {
      mend: 'A number from 0 to 65535.',
    });
  }
  const log = openLog(config.log.level);
  const collector = await openCollector({
    config: { ...config, listen: { ...config.listen, port } },
    folder,
    clock: systemClock(),
    log,
    page: openPage(),
  });
  let stopping = false;
  const stop = (why: string): void => {
    if (stopping) return;
    stopping = true;
    log.info({ why }, 'the collector stops');
    setTimeout(() => {
      log.error({}, 'stopping took too long');
      process.exit(1);
    }, STOP_WITHIN_MS).unref();
    collector.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ error }, 'stopping failed');
        process.exit(1);
      },
    );
  };
  process.on('SIGINT', () => stop('SIGINT'));
  process.on('SIGTERM', () => stop('SIGTERM'));
  // Started by another program that keeps our standard input open: when it is gone, so are we.
  if (process.env.NISWATCH_PARENT === 'stdin') process.stdin.on('end', () => stop('parent is gone')).resume();
  process.stdout.write(`niswatch ready ${await collector.loginLink()}\n`);
}

main(process.argv.slice(2)).catch((thrown: unknown) => {
  const error = nameStateError(thrown);
  const mend = error instanceof NamedError ? `\n  ${error.mend}` : '';
  const code = error instanceof NamedError ? ` [${error.code}]` : '';
  const said =
    error instanceof Error
      ? error instanceof NamedError
        ? error.message
        : (error.stack ?? error.message)
      : String(error);
  process.stderr.write(`niswatch: ${said}${code}${mend}\n`);
  process.exit(error instanceof NamedError && error.code === 'BAD_REQUEST' ? 2 : 1);
});

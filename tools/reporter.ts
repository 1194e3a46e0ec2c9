// Test output for people and for CI: failures in full, one line a file, and a last line `N passed, N failed`.

import { relative } from 'node:path';
import type { TestEvent } from 'node:test/reporters';

interface Data {
  name: string;
  nesting: number;
  file?: string;
  skip?: string | boolean;
  todo?: string | boolean;
  details: { duration_ms: number; type?: string; error?: Error & { cause?: unknown } };
}

/** `tests 12`, `duration_ms 3.4`: what the runner says of itself. */
const OWN_FIGURE = /^(tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) /;

export default async function* reporter(source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  let passed = 0;
  const failed: string[] = [];
  const perFile = new Map<string, { count: number; ms: number; bad: number }>();
  for await (const event of source) {
    if (event.type === 'test:stderr' || event.type === 'test:stdout') {
      yield (event.data as { message: string }).message;
      continue;
    }
    if (event.type === 'test:diagnostic') {
      const { message, nesting, file } = event.data as { message: string; nesting: number; file?: string };
      // The runner's own closing figures belong to no file.
      if (file && (nesting > 0 || !OWN_FIGURE.test(message)))
        yield `     ${relative(process.cwd(), file)}: ${message}\n`;
      continue;
    }
    if (event.type !== 'test:pass' && event.type !== 'test:fail') continue;
    const data = event.data as unknown as Data;
    if (data.details.type === 'suite') continue;
    const file = data.file ? relative(process.cwd(), data.file) : '?';
    // The runner wraps each file in a test of its own: it counts only when the file itself broke.
    const isFile = data.nesting === 0 && data.name === data.file;
    const entry = perFile.get(file) ?? { count: 0, ms: 0, bad: 0 };
    perFile.set(file, entry);
    // A skipped or unfinished test is not a result: it counts as failed.
    const bad = event.type === 'test:fail' || Boolean(data.skip) || Boolean(data.todo);
    if (isFile && !bad) continue;
    entry.count++;
    if (data.nesting === 0) entry.ms += data.details.duration_ms;
    if (!bad) {
      passed++;
      continue;
    }
    entry.bad++;
    const why = data.skip || data.todo ? 'skipped or unfinished' : describe(data.details.error);
    failed.push(`${file}: ${data.name}`);
    yield `\nFAILED ${file}: ${data.name}\n${why}\n`;
  }
  for (const [file, { count, ms, bad }] of [...perFile].sort(([a], [b]) => a.localeCompare(b))) {
    yield `${bad ? 'FAIL' : 'ok  '} ${file} (${count}, ${Math.round(ms)} ms)\n`;
  }
  if (failed.length > 0) yield `\nfailed:\n${failed.map((f) => `  ${f}\n`).join('')}`;
  yield `\n${passed} passed, ${failed.length} failed\n`;
}

function describe(error: unknown): string {
  const cause = (error as { cause?: unknown })?.cause ?? error;
  return cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
}

// Writes what is generated from the code (error list, metric list, configuration samples and tables, dashboards), or with no `--write`
// complains about drift. One place, so that `npm run check` can promise that the documents are true.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { AGENT_CONFIG } from '../agent/config.ts';
import { collectorConfig } from '../collector/config.ts';
import { DERIVED } from '../collector/prom/derived/catalogue.ts';
import { dashboardFiles } from '../dashboards/files.ts';
import { EVENT_KINDS, METRICS, type Metric } from '../shared/catalogue.ts';
import { renderSample, renderTable } from '../shared/config/render.ts';
import { ERRORS } from '../shared/errors.ts';

const root = join(import.meta.dirname, '..');
const note = 'Generated from the code by `node tools/generate.ts --write`; do not edit.';

function errorList(): string {
  const rows = Object.entries(ERRORS).map(([code, error]) => `| \`${code}\` | ${error.mend} |`);
  return `# Errors\n\n${note}\n\n| code | what to do |\n|---|---|\n${rows.join('\n')}\n`;
}

function metricList(): string {
  const row = ([name, m]: [string, Metric]): string =>
    `| \`${name}\` | ${m.unit} | ${m.kind} | ${m.labels.map((l) => `\`${l}\``).join(' ')} | ${m.help.zh} | ${m.help.en} |`;
  const events = Object.entries(EVENT_KINDS).map(
    ([kind, help]) => `| \`${kind}\` | ${help.zh} | ${help.en} |`,
  );
  return `# Metrics and events · 指标与事件

${note} Every series also carries \`hospital\` and \`host\`. Nothing else can leave the hospital's server.

| metric | unit | kind | labels | 含义 | meaning |
|---|---|---|---|---|---|
${Object.entries(METRICS).map(row).join('\n')}

What the collector adds of its own knowledge, for readers of \`/prom\` and for outlets · 中心自身补充的序列：

| metric | unit | kind | labels | 含义 | meaning |
|---|---|---|---|---|---|
${Object.entries(DERIVED).map(row).join('\n')}

| event | 含义 | meaning |
|---|---|---|
${events.join('\n')}
`;
}

const files: Record<string, string> = {
  ...dashboardFiles(),
  'docs/errors.md': errorList(),
  'docs/metrics.md': metricList(),
  'docs/agent-config.md': `# agent.yaml\n\n${note}\n\n${renderTable(AGENT_CONFIG)}`,
  'docs/collector-config.md': `# collector.yaml\n\n${note}\n\n${renderTable(collectorConfig)}`,
  'docs/agent.sample.yaml': `# ${note}\n# Every key with its default. An empty file means the same.\n${renderSample(AGENT_CONFIG)}`,
  'docs/collector.sample.yaml': `# ${note}\n# Every key with its default. An empty file means the same.\n${renderSample(collectorConfig)}`,
};

let drift = 0;
for (const [name, text] of Object.entries(files)) {
  const path = join(root, name);
  if (existsSync(path) && readFileSync(path, 'utf8') === text) continue;
  if (process.argv.includes('--write')) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    process.stdout.write(`wrote ${name}\n`);
  } else {
    drift++;
    process.stderr.write(`${name} is not what the code says; run: node tools/generate.ts --write\n`);
  }
}
process.exit(drift === 0 ? 0 : 1);

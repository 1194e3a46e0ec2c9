import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { renderTable } from '../../shared/config/render.ts';
import { readConfig } from '../../shared/config/schema.ts';
import { isNamedError } from '../../shared/errors.ts';
import { channelsConfig, openChannels } from './index.ts';
import { mail } from './mail/mail.ts';
import { webhook } from './webhook/webhook.ts';

const hook = { url: 'https://example.com/hook', secret: 'k' };

test('opens each configured channel under its kind and name', () => {
  const config = readConfig(channelsConfig, {
    mail: [{ host: 'smtp.example.com', from: 'w@example.com', to: ['d@example.com'] }],
    webhook: [{ ...hook, name: 'duty', minSeverity: 'critical' }],
  });
  const channels = openChannels(config);
  assert.deepEqual(
    channels.map((channel) => `${channel.id} ${channel.minSeverity}`),
    ['mail:default warning', 'webhook:duty critical'],
  );
});

test('refuses two channels of one name', () => {
  const config = readConfig(channelsConfig, { webhook: [hook, hook] });
  assert.throws(
    () => openChannels(config),
    (error) => isNamedError(error, 'CONFIG_BAD_VALUE'),
  );
});

test('refuses a recipient that could smuggle a header', () => {
  const to = ['a@example.com\r\nBcc: b@example.com'];
  assert.throws(
    () => readConfig(channelsConfig, { mail: [{ host: 'h', from: 'w@example.com', to }] }),
    (error) => isNamedError(error, 'CONFIG_BAD_VALUE'),
  );
});

test("every channel's page holds the table of its settings as the schema says it", () => {
  for (const unit of [mail, webhook]) {
    const page = readFileSync(join(import.meta.dirname, unit.name, 'README.md'), 'utf8');
    assert.ok(page.includes(renderTable(unit.config).trim()), `${unit.name}/README.md is out of date`);
  }
});

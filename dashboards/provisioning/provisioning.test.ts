import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { SOURCES } from '../render/target.ts';

interface Source {
  name: string;
  uid: string;
  type: string;
  access: string;
  url: string;
  editable: boolean;
  jsonData: Record<string, unknown>;
  secureJsonData?: Record<string, string>;
}

const read = (path: string): unknown => parse(readFileSync(join(import.meta.dirname, path), 'utf8'));
const sources = globSync('{datasources,outside}/*.yaml', { cwd: import.meta.dirname }).flatMap(
  (path) => (read(path) as { apiVersion: number; datasources: Source[] }).datasources,
);

test('each data source is of a kind that the dashboards ask, and is found by their variable', () => {
  assert.equal(sources.length, 3);
  assert.equal(new Set(sources.map(({ uid }) => uid)).size, 3);
  const kinds: string[] = Object.values(SOURCES).map(({ type }) => type);
  for (const { name, type, access, editable, jsonData } of sources) {
    assert.ok(kinds.includes(type), name);
    assert.match(name, /niswatch/i);
    assert.deepEqual([access, editable, jsonData.timeInterval], ['proxy', false, '15s'], name);
  }
});

test('no secret and no address is in the files: both come from the environment', () => {
  for (const { url, secureJsonData = {} } of sources)
    for (const value of [url, ...Object.values(secureJsonData)]) assert.match(value, /\$\{[A-Z_]+\}/);
});

test('Grafana asks the collector with POST, as the version that it is compatible with', () => {
  const own = sources.find(({ uid }) => uid === 'niswatch');
  assert.equal(own?.jsonData.httpMethod, 'POST');
  assert.equal(own?.jsonData.prometheusVersion, '2.42.0');
  assert.equal(own?.jsonData.httpHeaderName1, 'Authorization');
});

test('the dashboards are read from the mounted folder and cannot be edited there', () => {
  const { providers } = read('dashboards/niswatch.yaml') as {
    providers: { type: string; allowUiUpdates: boolean; options: { path: string } }[];
  };
  assert.deepEqual(
    providers.map(({ type, allowUiUpdates, options }) => [type, allowUiUpdates, options.path]),
    [['file', false, '/etc/niswatch/dashboards']],
  );
});

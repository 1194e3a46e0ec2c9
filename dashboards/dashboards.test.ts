import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { ownSamples } from '../tests/grafana/own-samples.ts';
import { checkDashboards } from './check/check.ts';
import type { DashboardJson, PanelJson } from './check/json.ts';
import { type Knowledge, knowledge } from './check/known.ts';
import { dashboardFiles } from './files.ts';

const root = join(import.meta.dirname, '..');

describe('dashboards', () => {
  let known: Knowledge;
  const files = dashboardFiles();
  before(async () => {
    known = knowledge(await ownSamples());
  });

  it('are committed as the definitions say', () => {
    for (const [path, text] of Object.entries(files))
      assert.equal(readFileSync(join(root, path), 'utf8'), text, path);
  });

  it('pass the checker, every one', () => {
    const all = Object.values(files).map((text) => JSON.parse(text) as unknown);
    assert.deepEqual(checkDashboards(all, known), []);
  });

  const first = (kind: 'promql' | 'influxql'): DashboardJson => {
    const path = Object.keys(files).find((name) => name.includes(`/${kind}-zh/`)) ?? '';
    return JSON.parse(files[path] ?? '') as DashboardJson;
  };
  const panelOf = (dashboard: DashboardJson): PanelJson =>
    dashboard.panels.find(({ type }) => type === 'stat') ?? assert.fail('no stat panel');
  const targetOf = (dashboard: DashboardJson) => panelOf(dashboard).targets?.[0] ?? assert.fail('no query');
  const defaultsOf = (dashboard: DashboardJson) =>
    panelOf(dashboard).fieldConfig?.defaults ?? assert.fail('no defaults');

  const PLANTED: [what: string, plant: (dashboard: DashboardJson) => void, finding: RegExp][] = [
    [
      'a metric that does not exist',
      (d) => (targetOf(d).expr = 'cpu_usage_activ'),
      /no metric cpu_usage_activ/,
    ],
    [
      'a label that the metric has not',
      (d) => (targetOf(d).expr = 'mem_used{path="/"}'),
      /mem_used has no label path/,
    ],
    [
      'a variable that is not defined',
      (d) => (targetOf(d).expr = 'mem_used{host="$hots"}'),
      /variable \$hots/,
    ],
    ['PromQL that does not parse', (d) => (targetOf(d).expr = 'sum(mem_used'), /parse error/],
    ['PromQL with a wrong type', (d) => (targetOf(d).expr = 'rate(mem_used)'), /expected type range vector/],
    ['a unit that Grafana does not know', (d) => (defaultsOf(d).unit = 'litres'), /unknown unit "litres"/],
    ['no unit', (d) => delete defaultsOf(d).unit, /unknown unit ""/],
    ['no link', (d) => (defaultsOf(d).links = []), /no link to niswatch/],
    ['a kind of panel that is gone', (d) => (panelOf(d).type = 'graph'), /unknown kind graph/],
    ['an id twice', (d) => (panelOf(d).id = d.panels.at(-1)?.id ?? 0), /panel id \d+ is there twice/],
    ['no refId', (d) => delete targetOf(d).refId, /has no refId/],
    ['panels over each other', (d) => (panelOf(d).gridPos.w = 9), /lies over/],
    ['a panel outside the grid', (d) => (panelOf(d).gridPos.x = 22), /outside the grid/],
    ['a description that says nothing', (d) => (panelOf(d).description = '主机'), /says nothing/],
    [
      'a fixed data source',
      (d) => (targetOf(d).datasource = { type: 'prometheus', uid: 'abc' }),
      /chosen data source/,
    ],
    ['a schema that older versions do not read', (d) => (d.schemaVersion = 42), /schemaVersion/],
    ['a crosshair of each panel alone', (d) => (d.graphTooltip = 0), /crosshair/],
  ];
  for (const [what, plant, finding] of PLANTED)
    it(`the checker finds ${what}`, () => {
      const dashboard = first('promql');
      plant(dashboard);
      assert.match(checkDashboards([dashboard], known).join('\n'), finding);
    });

  it('the checker finds one uid in two dashboards', () => {
    assert.match(
      checkDashboards([first('promql'), first('promql')], known).join('\n'),
      /uid \S+ is there twice/,
    );
  });

  const INFLUX: [what: string, query: string, finding: RegExp][] = [
    ['no measurement', 'SELECT last("v") FROM "cpuu" WHERE $timeFilter', /no measurement cpuu/],
    [
      'no field',
      'SELECT last("usage_activ") FROM "cpu" WHERE $timeFilter',
      /neither field nor tag usage_activ/,
    ],
    ['no time', 'SELECT last("usage_active") FROM "cpu"', /time of the dashboard/],
    ['an open bracket', 'SELECT last("usage_active" FROM "cpu" WHERE $timeFilter', /do not close/],
    [
      'groups without fill',
      'SELECT last("usage_active") FROM "cpu" WHERE $timeFilter GROUP BY time($__interval)',
      /without fill/,
    ],
  ];
  for (const [what, query, finding] of INFLUX)
    it(`the checker finds InfluxQL with ${what}`, () => {
      const dashboard = first('influxql');
      targetOf(dashboard).query = query;
      assert.match(checkDashboards([dashboard], known).join('\n'), finding);
    });
});

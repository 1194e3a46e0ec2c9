// A panel of a definition as Grafana's panel, by the SDK's builders. Promise: every panel has its unit, its description and its link.

import { PanelBuilder as BarsBuilder } from '@grafana/grafana-foundation-sdk/bargauge';
import {
  BarGaugeDisplayMode,
  BigValueColorMode,
  BigValueGraphMode,
  GraphThresholdsStyleConfigBuilder,
  GraphThresholdsStyleMode,
  LegendDisplayMode,
  LegendPlacement,
  LineInterpolation,
  ReduceDataOptionsBuilder,
  SortOrder,
  StackingConfigBuilder,
  StackingMode,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizOrientation,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import {
  FieldColorBuilder,
  FieldColorModeId,
  type Panel as GrafanaPanel,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as TimelineBuilder } from '@grafana/grafana-foundation-sdk/statetimeline';
import { PanelBuilder as TableBuilder } from '@grafana/grafana-foundation-sdk/table';
import { PanelBuilder as GraphBuilder } from '@grafana/grafana-foundation-sdk/timeseries';
import type { Panel } from '../define/board.ts';
import type { Language, Variant } from '../define/text.ts';
import { mappingsOf, thresholdsOf } from './field.ts';
import { dataLink } from './links.ts';
import { arrangeTable } from './table.ts';
import { SOURCES, targetOf } from './target.ts';

type Builder = BarsBuilder | StatBuilder | TimelineBuilder | TableBuilder | GraphBuilder;

export interface Rendering {
  variant: Variant;
  language: Language;
}

/** A gap longer than this is drawn as one: what is lost is not smoothed. */
const GAP_MS = 300_000;

export function renderPanel(panel: Panel, rendering: Rendering): GrafanaPanel {
  const builder = describe(builderOf(panel), panel, rendering);
  const built = builder.build();
  return panel.kind === 'table' ? arrangeTable(built, panel, rendering.language) : built;
}

function builderOf(panel: Panel): Builder {
  switch (panel.kind) {
    case 'stat':
      return stat(panel);
    case 'bars':
      return bars();
    case 'timeline':
      return timeline(panel);
    case 'timeseries':
      return graph(panel);
    case 'table':
      return new TableBuilder().showHeader(true);
  }
}

function describe<B extends Builder>(builder: B, panel: Panel, { variant, language }: Rendering): B {
  builder
    .title(panel.title[language])
    .description(panel.description[language])
    .datasource(SOURCES[variant])
    .unit(panel.unit)
    .height(panel.height)
    .span(panel.width)
    .dataLinks([dataLink(panel, language)]);
  for (const query of panel.queries.filter((each) => each[variant] !== undefined))
    builder.withTarget(targetOf(query, variant, panel.interval));
  if (panel.interval) builder.interval(panel.interval);
  if (panel.min !== undefined) builder.min(panel.min);
  if (panel.max !== undefined) builder.max(panel.max);
  if (panel.decimals !== undefined) builder.decimals(panel.decimals);
  if (panel.thresholds) builder.thresholds(thresholdsOf(panel.thresholds));
  if (panel.mappings) builder.mappings([mappingsOf(panel.mappings, language)]);
  if (panel.noValue) builder.noValue(panel.noValue[language]);
  return builder;
}

const newest = (): ReduceDataOptionsBuilder => new ReduceDataOptionsBuilder().calcs(['lastNotNull']);

const byThresholds = (): FieldColorBuilder => new FieldColorBuilder().mode(FieldColorModeId.Thresholds);

function stat(panel: Panel): StatBuilder {
  const isHistory = panel.queries.some(({ shape }) => shape === 'range');
  return new StatBuilder()
    .reduceOptions(newest())
    .colorMode(BigValueColorMode.Background)
    .graphMode(isHistory ? BigValueGraphMode.Area : BigValueGraphMode.None)
    .colorScheme(byThresholds());
}

const bars = (): BarsBuilder =>
  new BarsBuilder()
    .reduceOptions(newest())
    .orientation(VizOrientation.Horizontal)
    .displayMode(BarGaugeDisplayMode.Gradient)
    .showUnfilled(true)
    .colorScheme(byThresholds());

const timeline = (panel: Panel): TimelineBuilder =>
  new TimelineBuilder()
    .mergeValues(true)
    .showValue(panel.mappings ? VisibilityMode.Auto : VisibilityMode.Never)
    .rowHeight(0.8)
    .lineWidth(0)
    .fillOpacity(75)
    .spanNulls(GAP_MS)
    .colorScheme(byThresholds())
    .legend(new VizLegendOptionsBuilder().showLegend(false).displayMode(LegendDisplayMode.Hidden))
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Single));

function graph(panel: Panel): GraphBuilder {
  const builder = new GraphBuilder()
    .lineWidth(1)
    .fillOpacity(panel.isStacked ? 30 : 8)
    .showPoints(VisibilityMode.Never)
    .spanNulls(GAP_MS)
    .legend(
      new VizLegendOptionsBuilder()
        .showLegend(true)
        .displayMode(LegendDisplayMode.Table)
        .placement(LegendPlacement.Bottom)
        .calcs(['lastNotNull', 'max']),
    )
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending));
  if (panel.isStepped) builder.lineInterpolation(LineInterpolation.StepAfter);
  if (panel.isStacked) builder.stacking(new StackingConfigBuilder().mode(StackingMode.Normal));
  if (panel.thresholds && panel.thresholds.length > 1)
    builder.thresholdsStyle(new GraphThresholdsStyleConfigBuilder().mode(GraphThresholdsStyleMode.Dashed));
  return builder;
}

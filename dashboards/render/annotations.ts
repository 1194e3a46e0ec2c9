// Marks on the time axis, read from series, so that they need no token and outlive a reinstalled Grafana. In PromQL, neighbouring
// samples of `incident_open` become a span; a series whose value is an instant becomes a point there.

import { AnnotationQueryBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import type { Board, Mark } from '../define/board.ts';
import { influxFrom, type Scope, selector } from '../define/query.ts';
import { type Language, t, type Text } from '../define/text.ts';
import type { Rendering } from './panel.ts';
import { SOURCES } from './target.ts';

interface MarkKind {
  title: Text;
  color: string;
  /** undefined: spans of `incident_open`. */
  event?: string;
}

const MARKS: Record<Mark, MarkKind> = {
  incidents: { title: t('事件', 'Incidents'), color: 'red' },
  boots: { title: t('开机', 'Boots'), color: 'blue', event: 'host.boot' },
  updates: { title: t('探针升级', 'Agent updates'), color: 'purple', event: 'agent.update' },
  backups: { title: t('备份', 'Backup runs'), color: 'green', event: 'backup.new' },
};

export function annotationsOf({ scope, marks }: Board, rendering: Rendering): AnnotationQueryBuilder[] {
  return Object.entries(marks).map(([mark, isOn]) => {
    const kind = MARKS[mark as Mark];
    const builder = new AnnotationQueryBuilder()
      .name(kind.title[rendering.language])
      .datasource(SOURCES[rendering.variant])
      .enable(isOn)
      .iconColor(kind.color);
    const built = builder.build();
    const fields =
      rendering.variant === 'promql'
        ? promFields(kind, scope, rendering.language)
        : influxFields(kind, scope, rendering.language);
    return Object.assign(new AnnotationQueryBuilder(), { build: () => ({ ...built, ...fields }) });
  });
}

const titleLabel = (language: Language): string => (language === 'zh' ? 'title' : 'title_en');

function promFields({ event }: MarkKind, scope: Scope, language: Language) {
  const title = `{{${titleLabel(language)}}} {{subject}}`;
  const common = { titleFormat: title, tagKeys: 'hospital,host,severity,version' };
  if (event === undefined) {
    const expr = `${selector(scope, 'incident_open')} == 1`;
    return { ...common, ...asked(expr), textFormat: '{{hospital}} {{host}} · {{began}}' };
  }
  const expr = `${selector(scope, 'event_time_seconds', { event })} * 1000`;
  return { ...common, ...asked(expr), textFormat: '{{hospital}} {{host}}', useValueForTime: true };
}

/** Older versions read it beside the annotation, newer ones in its target. */
const asked = (expr: string) => ({ expr, step: '60s', target: { expr, refId: 'Anno', interval: '60s' } });

/** Of a span only its beginning; InfluxQL has no way to join samples. */
function influxFields({ event }: MarkKind, scope: Scope, language: Language) {
  const title = titleLabel(language);
  const common = { textColumn: title, tagsColumn: 'hospital,host,subject', fromAnnotations: true };
  const query =
    event === undefined
      ? `SELECT first("open") ${influxFrom(scope, 'incident_open')} GROUP BY "alert", "hospital", "host", "subject", "${title}"`
      : `SELECT last("time_seconds") ${influxFrom(scope, 'event_time_seconds', { event })} GROUP BY time($__interval), "hospital", "host", "subject", "${title}" fill(none)`;
  return { ...common, query, target: { query, rawQuery: true, resultFormat: 'table', refId: 'Anno' } };
}

// The shape that Grafana 10 and newer read (classic schema), as far as our dashboards use it.

import Type from 'typebox';
import { Compile } from 'typebox/compile';

const text = Type.String({ minLength: 1 });
const source = Type.Object({ type: text, uid: text });
const options = Type.Record(Type.String(), Type.Unknown());

const panel = Type.Object({
  id: Type.Integer({ minimum: 1 }),
  type: text,
  title: text,
  gridPos: Type.Object({
    x: Type.Integer(),
    y: Type.Integer(),
    w: Type.Integer(),
    h: Type.Integer(),
  }),
  collapsed: Type.Optional(Type.Boolean()),
  panels: Type.Optional(Type.Array(options)),
  datasource: Type.Optional(source),
  targets: Type.Optional(
    Type.Array(Type.Object({ refId: Type.Optional(text), datasource: Type.Optional(source) })),
  ),
  fieldConfig: Type.Optional(
    Type.Object({
      defaults: options,
      overrides: Type.Array(
        Type.Object({
          matcher: Type.Object({ id: text }),
          properties: Type.Array(Type.Object({ id: text })),
        }),
      ),
    }),
  ),
  transformations: Type.Optional(Type.Array(Type.Object({ id: text, options }))),
});

const Shape = Type.Object({
  uid: Type.String({ minLength: 1, maxLength: 40, pattern: '^[a-zA-Z0-9_-]+$' }),
  title: text,
  description: text,
  schemaVersion: Type.Integer({ minimum: 36, maximum: 39 }),
  editable: Type.Boolean(),
  graphTooltip: Type.Integer({ minimum: 0, maximum: 2 }),
  timezone: text,
  tags: Type.Array(text),
  time: Type.Object({ from: text, to: text }),
  refresh: text,
  panels: Type.Array(panel, { minItems: 1 }),
  templating: Type.Object({
    list: Type.Array(Type.Object({ name: text, type: text, label: text })),
  }),
  annotations: Type.Object({
    list: Type.Array(
      Type.Object({ name: text, enable: Type.Boolean(), iconColor: text, datasource: source }),
    ),
  }),
  links: Type.Array(Type.Object({ title: text, type: text })),
});

const SHAPE = Compile(Shape);
const PANEL = Compile(panel);

export function checkShape(dashboard: unknown): string[] {
  const uid = String((dashboard as { uid?: unknown } | null)?.uid);
  if (!SHAPE.Check(dashboard))
    return SHAPE.Errors(dashboard).map((e) => `${uid}: ${e.instancePath} ${e.message}`);
  const inner = dashboard.panels.flatMap(({ panels }) => panels ?? []);
  return inner
    .filter((each) => !PANEL.Check(each))
    .flatMap((each) => PANEL.Errors(each).map((e) => `${uid}: folded panel ${e.instancePath} ${e.message}`));
}

// Thresholds and value mappings as Grafana has them.

import {
  MappingType,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  type ValueMap,
} from '@grafana/grafana-foundation-sdk/dashboard';
import type { Mapping, Threshold } from '../define/board.ts';
import type { Language } from '../define/text.ts';

export const thresholdsOf = (steps: readonly Threshold[]): ThresholdsConfigBuilder =>
  new ThresholdsConfigBuilder()
    .mode(ThresholdsMode.Absolute)
    .steps(steps.map(({ at, color }) => ({ value: at ?? null, color })));

export const mappingsOf = (mappings: readonly Mapping[], language: Language): ValueMap => ({
  type: MappingType.ValueToText,
  options: Object.fromEntries(
    mappings.map(({ value, text, color }, index) => [String(value), { text: text[language], color, index }]),
  ),
});

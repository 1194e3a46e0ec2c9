// Words in two languages. A dashboard is made in one of them.

export type Language = 'zh' | 'en';
export type Variant = 'promql' | 'influxql';

export interface Text {
  zh: string;
  en: string;
}

export const t = (zh: string, en: string): Text => ({ zh, en });

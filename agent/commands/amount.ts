// A value with its unit, as people read it.

import { renderBytes } from '../../shared/bytes.ts';
import type { Unit } from '../../shared/catalogue.ts';

export function renderAmount(value: number, unit: Unit): string {
  switch (unit) {
    case 'percent':
      return `${value.toFixed(1)} %`;
    case 'bytes':
      return renderBytes(value);
    case 'seconds':
      return value < 10 ? `${value.toFixed(3)} s` : `${Math.round(value)} s`;
    case 'milliseconds':
      return `${Math.round(value)} ms`;
    case 'days':
      return `${Math.floor(value)} d`;
    case 'bool':
    case 'count':
    case 'code':
      return String(Math.round(value * 100) / 100);
  }
}

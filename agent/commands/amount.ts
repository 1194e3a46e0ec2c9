// A value with its unit, as people read it.

import type { Unit } from '../../shared/catalogue.ts';

const STEPS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

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

function renderBytes(value: number): string {
  const step = Math.min(STEPS.length - 1, Math.max(0, Math.floor(Math.log2(Math.max(1, value)) / 10)));
  return `${(value / 1024 ** step).toFixed(step === 0 ? 0 : 1)} ${STEPS[step]}`;
}

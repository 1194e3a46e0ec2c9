// Placeholder until the Win32 calls are in: none can be had.

import type { Win32 } from '../probes/probe.ts';

export function openWin32(): Win32 | undefined {
  return undefined;
}

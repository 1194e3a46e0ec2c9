// Light or dark: the system's choice unless the person chose.

import { observable, useObservable } from './observable.ts';

export type Theme = 'auto' | 'light' | 'dark';
const KEY = 'niswatch.theme';
const stored = localStorage.getItem(KEY);
export const theme = observable<Theme>(stored === 'light' || stored === 'dark' ? stored : 'auto');
const system = matchMedia('(prefers-color-scheme: dark)');
/** Counts changes of what is seen: charts are drawn on canvas and must be drawn again. */
const look = observable(0);

function apply(): void {
  const chosen = theme.get();
  const dark = chosen === 'dark' || (chosen === 'auto' && system.matches);
  document.documentElement.dataset.theme = dark ? 'dark' : 'light';
  look.set(look.get() + 1);
}
apply();
system.addEventListener('change', apply);
theme.subscribe(() => {
  localStorage.setItem(KEY, theme.get());
  apply();
});

export function useLook(): number {
  return useObservable(look);
}

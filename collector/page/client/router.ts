// Addresses of the page: /, /hosts/ID, /alerts, /alerts/ID, /settings/TAB, /login. Links are ordinary links; a click on one of
// ours changes the picture without loading the page again.

import { observable, useObservable } from './observable.ts';

const here = observable(location.pathname + location.search);

export function go(path: string, options: { replace?: boolean } = {}): void {
  if (options.replace) history.replaceState(null, '', path);
  else history.pushState(null, '', path);
  here.set(location.pathname + location.search);
  if (!options.replace) scrollTo(0, 0);
}

addEventListener('popstate', () => here.set(location.pathname + location.search));
addEventListener('click', (event) => {
  const link = (event.target as Element | null)?.closest?.('a');
  const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
  if (
    !link ||
    !plain ||
    link.target ||
    link.hasAttribute('download') ||
    link.origin !== location.origin ||
    link.hash
  )
    return;
  event.preventDefault();
  go(link.pathname + link.search);
});

export interface Place {
  path: string;
  /** The parts between slashes. */
  parts: readonly string[];
  query: URLSearchParams;
}

export function usePlace(): Place {
  const [path = '/', query = ''] = useObservable(here).split('?');
  return {
    path,
    parts: path.split('/').filter(Boolean).map(decodeURIComponent),
    query: new URLSearchParams(query),
  };
}

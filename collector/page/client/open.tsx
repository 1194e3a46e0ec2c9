// `/open?hospital=…&host=…`, where links from dashboards lead: finds by names what the page's own addresses name by ids, and goes
// there with the rest of the address, such as the time that was looked at.

import { useEffect } from 'preact/hooks';
import { addressOf } from './address.ts';
import { hosts as hostStore } from './live.ts';
import { useObservable } from './observable.ts';
import { go, type Place } from './router.ts';
import { Empty } from './shapes.tsx';
import { useWords } from './text/text.ts';

export function Open({ place }: { place: Place }) {
  const words = useWords();
  const known = useObservable(hostStore);
  const address = known && addressOf(place.query, known.values());
  useEffect(() => {
    if (address) go(address, { replace: true });
  }, [address]);
  if (known && !address) return <Empty title={words.host.notFound} />;
  return <p class="center muted">{words.loading}</p>;
}

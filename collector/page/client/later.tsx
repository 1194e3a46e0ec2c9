// Screens that are fetched when they are first looked at, so that the board is there sooner.

import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { useWords } from './text/text.ts';

/** A component that shows what `load` brings; one that could not be fetched is tried again when it is looked at anew. */
export function later<P extends object>(load: () => Promise<ComponentType<P>>): ComponentType<P> {
  let found: ComponentType<P> | undefined;
  return function Later(props: P) {
    const words = useWords();
    const [state, setState] = useState<'loading' | 'there' | 'failed'>(found ? 'there' : 'loading');
    useEffect(() => {
      if (found) return;
      load().then(
        (component) => {
          found = component;
          setState('there');
        },
        () => setState('failed'),
      );
    }, []);
    const Found = found;
    if (Found) return <Found {...props} />;
    return <p class="center muted">{state === 'failed' ? words.link.lost : words.loading}</p>;
  };
}

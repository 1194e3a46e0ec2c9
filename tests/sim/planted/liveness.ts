// Planted bugs of liveness: of what is heard, of time, of the collector's doubt in itself.

import type { PresenceSink } from '../../../collector/services.ts';
import type { Sabotage } from '../sabotage.ts';

const hearing = (change: (sink: PresenceSink) => Partial<PresenceSink>) => (): Sabotage => ({
  presence(sink) {
    const whole: PresenceSink = {
      hello: (host, hello, at) => sink.hello(host, hello, at),
      heard: (host, at) => sink.heard(host, at),
      goodbye: (host, reason, at) => sink.goodbye(host, reason, at),
      closed: (host, kind, at) => sink.closed(host, kind, at),
    };
    return { ...whole, ...change(sink) };
  },
});

export const LIVENESS_BUGS: Readonly<Record<string, () => Sabotage>> = {
  'silent on a missed timer alone, after 40 s': () => ({
    liveness: { suspectAfter: '15s', silentAfter: '40s', siteAfter: '40s' },
  }),
  'silent only after ten minutes': () => ({ liveness: { silentAfter: '10m', siteAfter: '10m' } }),
  'frames do not count as life, only hellos do': hearing(() => ({ heard: () => undefined })),
  'a hello does not bring a host back': hearing((sink) => ({
    hello: (host, _hello, at) => sink.heard(host, at),
  })),
  'the collector does not look at its own uplink': () => ({ deafUplink: true }),
  'the collector doubts itself for ever after one cut': () => {
    return { liveness: { startGrace: '1h', returnShare: 1 } };
  },
  'a closed connection is taken for a goodbye': hearing((sink) => ({
    closed: (host, _kind, at) => sink.goodbye(host, 'stop', at),
  })),
  'verdicts are forgotten at a restart': () => ({
    async atStart(state) {
      await state.deleteFrom('liveness').execute();
    },
  }),
};

// The http probe: whether each configured page answers as agreed, how fast, and how long its certificate lasts. Promise: one GET each,
// without credentials; no part of a page leaves the machine; a slow target delays only itself.

import { readEach } from '../each.ts';
import { nameField, requireDistinctNames } from '../named.ts';
import { joinOutcomes } from '../outcome.ts';
import type { Probe, ProbeUnit } from '../probe.ts';
import { probeSection } from '../section.ts';
import { judgePage } from './judge.ts';
import { readPage } from './request.ts';

const CONFIG = probeSection('Web pages: status, text, answer time, certificate.', 15_000, {
  targets: {
    kind: 'list',
    help: 'Pages to get.',
    of: {
      kind: 'section',
      help: 'One page.',
      fields: {
        name: nameField('Name under which it is reported.'),
        url: {
          kind: 'text',
          help: 'Address of the page.',
          pattern: {
            re: /^https?:\/\/[^\s/@?#]+([/?#]\S*)?$/i,
            words: 'an http:// or https:// address without user and password',
          },
        },
        expectStatus: {
          kind: 'text',
          help: 'HTTP statuses that are well, such as 200-399 or 200,401. Redirects are not followed.',
          default: '200-399',
          pattern: {
            re: /^\d{3}(-\d{3})?(\s*,\s*\d{3}(-\d{3})?)*$/,
            words: 'HTTP statuses such as 200-399 or 200,401',
          },
        },
        expectText: {
          kind: 'text',
          help: 'Text that the page must hold within its first 256 KiB.',
          default: '',
        },
        timeout: {
          kind: 'duration',
          help: 'No answer within this time is a failure.',
          default: 5_000,
          min: 100,
          max: 10_000,
        },
        insecure: {
          kind: 'bool',
          help: 'Accept a certificate that cannot be verified (its days are reported all the same).',
          default: false,
        },
        certificateDays: {
          kind: 'int',
          help: 'Warn when the certificate ends within so many days.',
          default: 14,
          min: 0,
          max: 400,
          unit: 'days',
        },
      },
    },
  },
});

export const HTTP: ProbeUnit<typeof CONFIG.fields> = {
  name: 'http',
  config: CONFIG,
  metrics: ['http_up', 'http_response_seconds', 'http_status_code', 'http_cert_days'],
  // Loaded when asked for: the running agent never needs it.
  discover: async (host) => (await import('./discover.ts')).discoverPages(host),
  open(config, host): Probe {
    requireDistinctNames('http', 'targets', config.targets);
    return {
      async read(signal) {
        const outcomes = await readEach(
          config.targets,
          async (target) => {
            const page = await readPage(target, host.clock, signal);
            signal.throwIfAborted();
            return judgePage(target, page, host.clock.now());
          },
          signal,
        );
        return joinOutcomes(outcomes);
      },
    };
  },
};

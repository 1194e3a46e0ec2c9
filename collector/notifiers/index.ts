// The list of notifiers: adding one is its folder, one line in UNITS, and its section follows from it.

import type { Fields, SectionField, Values } from '../../shared/config/schema.ts';
import { NamedError } from '../../shared/errors.ts';
import type { Severity } from '../rules/rule.ts';
import { mail } from './mail/mail.ts';
import { webhook } from './webhook/webhook.ts';
import type { Notifier, NotifierUnit } from './notifier.ts';

const UNITS: readonly NotifierUnit[] = [mail, webhook];

/** An opened channel; `id` is `unit:name`, such as `mail:duty`. */
export interface Channel {
  id: string;
  minSeverity: Severity;
  notifier: Notifier;
}

const common: Fields = {
  name: {
    kind: 'text',
    help: 'Name of this channel, unique among its kind.',
    default: 'default',
    pattern: { re: /^[\w.-]{1,40}$/, words: 'letters, digits, dot, dash or underscore' },
  },
  minSeverity: {
    kind: 'choice',
    help: 'The mildest alerts that this channel tells.',
    words: ['info', 'warning', 'critical'],
    default: 'warning',
  },
};

/** `channels: {mail: […], webhook: […]}`. */
export const channelsConfig: SectionField<Fields> = {
  kind: 'section',
  help: 'Where alerts are told.',
  fields: Object.fromEntries(
    UNITS.map((unit) => [
      unit.name,
      {
        kind: 'list',
        help: unit.config.help,
        of: { ...unit.config, fields: { ...common, ...unit.config.fields } },
      },
    ]),
  ),
};

/** Opens every configured channel; never waits on the network. Throws NamedError CONFIG_BAD_VALUE when two have one name. */
export function openChannels(config: Values<Fields>): Channel[] {
  const channels: Channel[] = [];
  for (const unit of UNITS) {
    for (const values of (config[unit.name] ?? []) as readonly Values<Fields>[]) {
      const id = `${unit.name}:${String(values.name)}`;
      if (channels.some((channel) => channel.id === id)) {
        throw new NamedError(
          'CONFIG_BAD_VALUE',
          `channels.${unit.name}: two channels are named ${String(values.name)}`,
          {
            mend: 'Give each channel of a kind its own name.',
          },
        );
      }
      channels.push({ id, minSeverity: values.minSeverity as Severity, notifier: unit.open(values) });
    }
  }
  return channels;
}

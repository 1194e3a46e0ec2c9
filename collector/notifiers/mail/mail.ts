// Mail by SMTP. Promise: a 4xx answer or a broken line is tried again, a 5xx answer is final; the Message-ID is the notice's
// key, so that a repeat after a crash can be recognised, and all mails about one alert refer to one thread.

import { createTransport, type SendMailOptions } from 'nodemailer';
import { NamedError } from '../../../shared/errors.ts';
import type { SectionField, Values } from '../../../shared/config/schema.ts';
import type { Notice, NotifierUnit } from '../notifier.ts';
import { oneLine } from '../wording.ts';
import { renderLetter } from './letter.ts';

const config = {
  kind: 'section',
  help: 'A mailbox or list of mailboxes, reached by SMTP.',
  fields: {
    host: { kind: 'text', help: 'SMTP server.' },
    port: { kind: 'int', help: 'Port of the SMTP server.', default: 465, min: 1, max: 65_535 },
    secure: {
      kind: 'choice',
      help: 'tls: encrypted from the start (465). starttls: must be upgraded (587). plain: as the server offers, for a relay inside the same network only.',
      words: ['tls', 'starttls', 'plain'],
      default: 'tls',
    },
    user: { kind: 'text', help: 'Account; empty: no login.', default: '' },
    password: { kind: 'secret', help: 'Password or authorisation code of the account.', default: '' },
    from: { kind: 'text', help: 'Sender, such as `niswatch <watch@example.com>`.' },
    to: {
      kind: 'list',
      help: 'Recipients.',
      of: {
        kind: 'text',
        help: 'An address.',
        pattern: { re: /^[^\s@,;<>"]+@[^\s@,;<>"]+$/, words: 'an address such as duty@example.com' },
      },
    },
    timeout: {
      kind: 'duration',
      help: 'How long the server may take for each step.',
      default: 10_000,
      min: 1_000,
      max: 60_000,
    },
  },
} as const satisfies SectionField;

type Config = Values<typeof config.fields>;

export const mail: NotifierUnit<typeof config.fields> = {
  name: 'mail',
  config,
  open(config) {
    if (config.to.length === 0) {
      throw new NamedError('CONFIG_BAD_VALUE', 'channels.mail[].to names nobody', {
        mend: 'Name at least one recipient.',
      });
    }
    const transport = createTransport({
      host: config.host,
      port: config.port,
      secure: config.secure === 'tls',
      requireTLS: config.secure === 'starttls',
      tls: { minVersion: 'TLSv1.2' },
      ...(config.user === '' ? {} : { auth: { user: config.user, pass: config.password } }),
      connectionTimeout: config.timeout,
      greetingTimeout: config.timeout,
      socketTimeout: config.timeout,
      dnsTimeout: config.timeout,
      // Nothing in a notice may make the collector read a file or fetch an address.
      disableFileAccess: true,
      disableUrlAccess: true,
    });
    return {
      async send(notice, signal) {
        signal.throwIfAborted();
        try {
          const sent = await transport.sendMail(compose(notice, config));
          return { detail: `${sent.response} ${sent.messageId}` };
        } catch (error) {
          throw judge(error, config);
        }
      },
      async close() {
        transport.close();
      },
    };
  },
};

/** Headers and bodies; pure. */
export function compose(notice: Notice, config: Pick<Config, 'from' | 'to'>): SendMailOptions {
  const letter = renderLetter(notice);
  const domain = /@([^>\s]+)>?\s*$/.exec(config.from)?.[1] ?? 'niswatch';
  const thread = notice.alerts.map((alert) => `<${alert.id}@${domain}>`);
  return {
    from: oneLine(config.from),
    to: config.to.map(oneLine),
    subject: letter.subject,
    text: letter.text,
    html: letter.html,
    messageId: `<${notice.key}@${domain}>`,
    ...(thread[0] ? { references: thread.slice(0, 20), inReplyTo: thread[0] } : {}),
    headers: {
      'X-Niswatch-Key': notice.key,
      'X-Niswatch-Kind': notice.kind,
      // Holiday replies to an alert help nobody.
      'Auto-Submitted': 'auto-generated',
    },
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}

function judge(cause: unknown, config: Config): NamedError {
  const { responseCode, code, message } = cause as { responseCode?: number; code?: string; message?: string };
  const where = `mail ${config.host}:${config.port}`;
  // A wrong password (535) is final as well: trying on would lock the account.
  const final = responseCode !== undefined ? responseCode >= 500 : code === 'EENVELOPE';
  return new NamedError(
    final ? 'CHANNEL_REJECTED' : 'CHANNEL_UNREACHABLE',
    `${where}: ${oneLine(message ?? 'failed')}`,
    {
      cause,
    },
  );
}

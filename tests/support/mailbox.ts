// A real SMTP server on loopback that keeps what it was given.

import type { AddressInfo } from 'node:net';
import { simpleParser, type ParsedMail } from 'mailparser';
import { SMTPServer } from 'smtp-server';
import { atEnd, type Scope } from './scope.ts';

export interface Mailbox {
  port: number;
  mails: ParsedMail[];
  /** Answers every mail with this SMTP code until it is set to undefined. */
  refuseWith: number | undefined;
}

export async function startMailbox(t: Scope): Promise<Mailbox> {
  const mailbox: Mailbox = { port: 0, mails: [], refuseWith: undefined };
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    onData(stream, _session, callback) {
      simpleParser(stream).then((mail) => {
        if (mailbox.refuseWith !== undefined) {
          callback(Object.assign(new Error('refused by the test'), { responseCode: mailbox.refuseWith }));
          return;
        }
        mailbox.mails.push(mail);
        callback();
      }, callback);
    },
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  mailbox.port = (server.server.address() as AddressInfo).port;
  atEnd(t, () => new Promise<void>((done) => server.close(done)));
  return mailbox;
}

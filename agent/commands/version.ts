// `niswatch-agent version`.

import { PROTOCOL } from '../../shared/frame.ts';
import { VERSION } from '../version.ts';
import { type Command, JSON_FLAG } from './command.ts';

export const VERSION_COMMAND: Command = {
  name: 'version',
  words: '',
  summary: { zh: '显示版本', en: 'Show the version' },
  flags: JSON_FLAG,
  async run(flags, _words, io) {
    const facts = {
      version: VERSION,
      protocol: PROTOCOL,
      node: process.versions.node,
      platform: process.platform,
    };
    io.out(flags.json ? `${JSON.stringify(facts)}\n` : `niswatch-agent ${VERSION} (node ${facts.node})\n`);
    return 0;
  },
};

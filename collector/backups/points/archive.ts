// Unpacking an archive of files into an empty folder.

import type { Choice, Runbook, Target } from '../engine.ts';
import type { PartFile } from '../set.ts';
import { decoder, quote } from '../shell.ts';
import { partChosen, singleStep, spaceOf } from './single.ts';

export function archiveRunbook(choice: Choice, target: Target): Runbook {
  const part = partChosen(choice);
  const folder = target.targetDir ?? '/var/tmp/files_check';
  const [file] = part.files;
  return {
    before: [{ words: { zh: '空目录', en: 'an empty folder' }, command: `mkdir -p ${quote(folder)}` }],
    steps: [
      singleStep(part, 'copy', file ? unpack(file, folder) : '', {
        zh: `解开到 ${folder}`,
        en: `unpack into ${folder}`,
      }),
    ],
    after: [
      {
        words: {
          zh: '核对文件数与总字节数，抽查打开',
          en: 'compare the count of files and their bytes; open some',
        },
        command: `find ${quote(folder)} -type f | wc -l`,
      },
    ],
    cautions: part.facts.encrypted
      ? [{ zh: '归档已加密：需要密码', en: 'the archive is encrypted: its password is needed' }]
      : [],
    ...spaceOf(part),
  };
}

function unpack(file: PartFile, folder: string): string {
  const [path, into] = [quote(file.path), quote(folder)];
  if (/\b7z\b/.test(file.format)) return `7z x -o${into} ${path}`;
  if (/\bzip\b/.test(file.format)) return `unzip -q ${path} -d ${into}`;
  const decode = decoder(file);
  return decode ? `set -o pipefail; ${decode} ${path} | tar -xf - -C ${into}` : `tar -xf ${path} -C ${into}`;
}

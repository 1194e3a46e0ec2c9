// Lists drives by Win32; without Win32 it tries the letters C to Z. Promise: a remote or removable drive is read only when the
// configuration names it, because it may sleep or hang.

import type { Host, Win32 } from '../probe.ts';
import type { Listing, Volume, VolumeChoice } from './volume.ts';
import { cleanPath } from './judge.ts';

type Drive = ReturnType<Win32['drives']>[number];

const LETTERS = Array.from({ length: 24 }, (_, i) => `${String.fromCharCode(67 + i)}:`);

export async function listWindowsVolumes(host: Host, choice: VolumeChoice): Promise<Listing> {
  return chooseDrives(host.win32 ? host.win32.drives() : await tryLetters(host), choice);
}

/** Only without Win32. What answers statfs is taken for a fixed drive; network letters belong to a logged-in user, not to a service. */
async function tryLetters(host: Host): Promise<Drive[]> {
  const found = await Promise.all(
    LETTERS.map((letter) =>
      host.statfs(`${letter}\\`).then(
        (space) => (space.totalBytes > 0 ? [letter] : []),
        () => [],
      ),
    ),
  );
  return found.flat().map((path) => ({ path, kind: 'fixed', readOnly: false }));
}

export function chooseDrives(drives: readonly Drive[], choice: VolumeChoice): Listing {
  const include = new Set(choice.include.map(cleanPath));
  const exclude = new Set(choice.exclude.map(cleanPath));
  const volumes: Volume[] = [];
  for (const drive of drives) {
    const path = cleanPath(drive.path);
    const wanted = include.has(path) || drive.kind === 'fixed' || choice.types.includes(drive.kind);
    if (exclude.has(path) || !wanted) continue;
    volumes.push(toVolume(path, drive.kind, drive.readOnly));
  }
  const lettered = new Set(drives.map((drive) => cleanPath(drive.path)));
  // A volume mounted in a folder has no letter: it is there if it answers.
  const folders = [...include].filter((path) => !/^[A-Z]:$/.test(path) && !exclude.has(path));
  return {
    volumes: [...volumes, ...folders.map((path) => toVolume(path, 'folder', false))],
    missing: [...include].filter(
      (path) => /^[A-Z]:$/.test(path) && !lettered.has(path) && !exclude.has(path),
    ),
  };
}

function toVolume(path: string, type: string, readOnly: boolean): Volume {
  const root = /^[A-Z]:$/.test(path) ? `${path}\\` : path;
  return { path, root, type, readOnly, network: type === 'remote' || path.startsWith('\\\\') };
}

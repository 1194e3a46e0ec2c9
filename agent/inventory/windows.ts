// The facts of a Windows server, asked of PowerShell once each and told as JSON. Pure but for `windowsSources`. Promise: one question a
// section, all reading; what PowerShell prints as a single object is a list of one.

import type { DiscoveryHost } from '../probes/probe.ts';
import { type Item, masked, type Section } from './inventory.ts';

type Raw = Readonly<Record<string, unknown>>;

const QUESTIONS: Readonly<Partial<Record<Section, string>>> = {
  system:
    'Get-CimInstance Win32_OperatingSystem | Select-Object CSName,Caption,Version,TotalVisibleMemorySize,@{n="Zone";e={(Get-TimeZone).Id}},@{n="Processors";e={(Get-CimInstance Win32_ComputerSystem).NumberOfLogicalProcessors}},@{n="Locale";e={(Get-WinSystemLocale).Name}}',
  volumes:
    'Get-CimInstance Win32_LogicalDisk -Filter "DriveType=3" | Select-Object DeviceID,FileSystem,Size,FreeSpace',
  services: 'Get-CimInstance Win32_Service | Select-Object Name,DisplayName,State,StartMode,StartName',
  ports:
    'Get-NetTCPConnection -State Listen | Select-Object LocalAddress,LocalPort,@{n="Program";e={(Get-Process -Id $_.OwningProcess -ErrorAction SilentlyContinue).ProcessName}}',
  versions:
    'Get-ItemProperty HKLM:\\Software\\Microsoft\\Windows\\CurrentVersion\\Uninstall\\*,HKLM:\\Software\\WOW6432Node\\Microsoft\\Windows\\CurrentVersion\\Uninstall\\* -ErrorAction SilentlyContinue | Where-Object DisplayName | Select-Object DisplayName,DisplayVersion',
  tasks:
    'Get-ScheduledTask | Where-Object { $_.TaskPath -notlike "\\Microsoft\\*" } | Select-Object TaskPath,TaskName,@{n="State";e={"$($_.State)"}},@{n="User";e={$_.Principal.UserId}},@{n="Actions";e={@($_.Actions | ForEach-Object { "$($_.Execute) $($_.Arguments)" })}},@{n="Triggers";e={@($_.Triggers | ForEach-Object { "$($_.CimClass.CimClassName) $($_.StartBoundary) $($_.Repetition.Interval) $($_.DaysInterval)" })}}',
};

export function windowsSources(host: DiscoveryHost): { section: Section; read(): Promise<Item[]> }[] {
  return Object.entries(QUESTIONS).map(([section, question]) => ({
    section: section as Section,
    read: async () =>
      parseAnswer(section as Section, await host.run('powershell.exe', argumentsFor(question))),
  }));
}

function argumentsFor(question: string): string[] {
  const script = `[Console]::OutputEncoding=[Text.Encoding]::UTF8; ${question} | ConvertTo-Json -Depth 4 -Compress`;
  return ['-NoProfile', '-NonInteractive', '-Command', script];
}

const READERS: Readonly<Partial<Record<Section, (row: Raw) => Item[]>>> = {
  system: systemItems,
  volumes: (row) => [
    {
      key: text(row, 'DeviceID'),
      facts: {
        type: text(row, 'FileSystem'),
        totalBytes: number(row, 'Size'),
        usedBytes: number(row, 'Size') - number(row, 'FreeSpace'),
        availableBytes: number(row, 'FreeSpace'),
      },
    },
  ],
  services: serviceItems,
  ports: (row) => [
    {
      key: `tcp ${number(row, 'LocalPort')}`,
      facts: { program: text(row, 'Program'), address: text(row, 'LocalAddress') },
    },
  ],
  versions: (row) => [{ key: text(row, 'DisplayName'), facts: { version: text(row, 'DisplayVersion') } }],
  tasks: taskItems,
};

export function parseAnswer(section: Section, json: string): Item[] {
  const trimmed = json.replace(/^\uFEFF/, '').trim();
  if (trimmed === '') return [];
  const parsed = JSON.parse(trimmed) as Raw | Raw[];
  const items = (Array.isArray(parsed) ? parsed : [parsed]).flatMap((row) => READERS[section]?.(row) ?? []);
  // The same port on IPv4 and IPv6, the same program in both registry views.
  return [...new Map(items.map((item) => [item.key, item])).values()];
}

function text(row: Raw, key: string): string {
  const value = row[key];
  return typeof value === 'string' || typeof value === 'number' ? String(value).trim() : '';
}

function number(row: Raw, key: string): number {
  const value = Number(row[key]);
  return Number.isFinite(value) ? value : 0;
}

function systemItems(row: Raw): Item[] {
  return [
    { key: 'name', facts: { value: text(row, 'CSName') } },
    { key: 'system', facts: { value: text(row, 'Caption') } },
    { key: 'kernel', facts: { value: text(row, 'Version') } },
    { key: 'zone', facts: { value: text(row, 'Zone') } },
    { key: 'locale', facts: { value: text(row, 'Locale') } },
    { key: 'processors', facts: { value: number(row, 'Processors') } },
    { key: 'memory', facts: { bytes: number(row, 'TotalVisibleMemorySize') * 1024 } },
  ];
}

/** Of services that nobody starts there are hundreds; those that run or start by themselves count. */
function serviceItems(row: Raw): Item[] {
  const [state, start] = [text(row, 'State'), text(row, 'StartMode')];
  if (state !== 'Running' && start !== 'Auto') return [];
  // Per-user services carry a new number at each logon.
  const key = text(row, 'Name').replace(/_[0-9a-f]{4,8}$/i, '');
  return [{ key, facts: { running: state === 'Running', start, account: text(row, 'StartName') } }];
}

function taskItems(row: Raw): Item[] {
  const list = (key: string): string =>
    [row[key]]
      .flat()
      .filter((part) => typeof part === 'string')
      .join('; ');
  return [
    {
      key: `task ${text(row, 'TaskPath')}${text(row, 'TaskName')}`,
      facts: {
        enabled: !/disabled/i.test(text(row, 'State')),
        schedule: list('Triggers').replace(/\s+/g, ' ').trim(),
        command: masked(list('Actions')),
        user: text(row, 'User'),
      },
    },
  ];
}

// Generates what people read about a schema: the sample file and the reference table. `npm run check` fails on drift.

import { type Field, type Fields, renderDuration, renderSize, type SectionField } from './schema.ts';

/** A YAML sample: every key with its default and its sentence; keys without a default and examples stay commented out. */
export function renderSample(section: SectionField, indent = ''): string {
  let out = '';
  for (const [key, field] of Object.entries(section.fields)) {
    out += `${indent}# ${field.help}${rangeOf(field)}\n`;
    if (field.kind === 'section') {
      out += field.optional ? `${indent}# ${key}:\n` : `${indent}${key}:\n`;
      const inner = renderSample(field, `${indent}  `);
      out += field.optional ? inner.replace(/^(\s*)(?=\S)(?!#)/gm, '$1# ') : inner;
    } else if (field.kind === 'list' || field.kind === 'map') {
      out += `${indent}${key}: ${field.kind === 'list' ? '[]' : '{}'}\n`;
      if (field.of.kind === 'section') out += commentOut(renderSample(field.of, `${indent}    `), indent);
    } else if (field.default === undefined) out += `${indent}# ${key}:\n`;
    else out += `${indent}${key}: ${renderValue(field)}\n`;
  }
  return out;
}

function commentOut(text: string, indent: string): string {
  return text.replace(
    /^.*\S.*$/gm,
    (line) => `${indent}#${line.slice(indent.length).replace(/^(\s*)# /, '$1# ')}`,
  );
}

export function renderValue(field: Exclude<Field, { kind: 'section' | 'list' | 'map' }>): string {
  if (field.default === undefined) return '';
  if (field.kind === 'duration') return renderDuration(field.default);
  if (field.kind === 'size') return renderSize(field.default);
  if (field.kind === 'text' || field.kind === 'choice' || field.kind === 'secret')
    return JSON.stringify(field.default);
  return String(field.default);
}

function rangeOf(field: Field): string {
  if (field.kind === 'choice') return ` One of: ${field.words.join(', ')}.`;
  if (field.kind !== 'number' && field.kind !== 'int' && field.kind !== 'duration' && field.kind !== 'size')
    return '';
  const show = field.kind === 'duration' ? renderDuration : field.kind === 'size' ? renderSize : String;
  const unit = 'unit' in field && field.unit ? ` ${field.unit}` : '';
  if (field.min !== undefined && field.max !== undefined)
    return ` ${show(field.min)} to ${show(field.max)}${unit}.`;
  if (field.min !== undefined) return ` At least ${show(field.min)}${unit}.`;
  return field.max === undefined ? '' : ` At most ${show(field.max)}${unit}.`;
}

/** A Markdown table: key, kind, default, what it does. */
export function renderTable(section: SectionField): string {
  const rows: string[] = ['| key | kind | default | what it does |', '|---|---|---|---|'];
  addRows(section.fields, '', rows);
  return `${rows.join('\n')}\n`;
}

function addRows(fields: Fields, prefix: string, rows: string[]): void {
  for (const [key, field] of Object.entries(fields)) {
    const path = `${prefix}${key}`;
    const value =
      field.kind === 'section' || field.kind === 'list' || field.kind === 'map' ? '' : renderValue(field);
    rows.push(
      `| \`${path}\` | ${field.kind} | ${value && `\`${value}\``} | ${field.help}${rangeOf(field)} |`,
    );
    if (field.kind === 'section') addRows(field.fields, `${path}.`, rows);
    if (field.kind === 'list' && field.of.kind === 'section') addRows(field.of.fields, `${path}[].`, rows);
    if (field.kind === 'map' && field.of.kind === 'section') addRows(field.of.fields, `${path}.NAME.`, rows);
  }
}

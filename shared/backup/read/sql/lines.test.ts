import assert from 'node:assert/strict';
import { test } from 'node:test';
import { beginScan, endScan, scanBytes, type Scan } from './lines.ts';

function scan(text: string, piece: number, backslash = true): { scan: Scan; lines: string[] } {
  const state = beginScan();
  state.backslash = backslash;
  const lines: string[] = [];
  const onLine = (line: string): void => void lines.push(line);
  const bytes = Buffer.from(text, 'latin1');
  for (let at = 0; at < bytes.length; at += piece) scanBytes(state, bytes.subarray(at, at + piece), onLine);
  endScan(state, onLine);
  return { scan: state, lines };
}

const DUMP = [
  '-- head',
  'CREATE TABLE t (a int);',
  "INSERT INTO `t` (`a`, `v`) VALUES (1,'it\\'s (x),(y); --'),(2,'q\"'),",
  "(3,'z\n-- no comment\nINSERT INTO fake');",
  'REPLACE INTO t VALUES (4);',
  '-- tail',
  '',
].join('\n');

test('rows are counted and lines found the same, wherever the pieces end', () => {
  for (let piece = 1; piece <= DUMP.length; piece++) {
    const { scan: state, lines } = scan(DUMP, piece);
    assert.deepEqual([state.rows, state.inserts, state.mode], [4, 2, 'line'], `pieces of ${piece}`);
    assert.deepEqual(
      lines.filter((line) => line !== ''),
      ['-- head', 'CREATE TABLE t (a int);', '-- tail'],
    );
  }
});

test('in PostgreSQL a backslash before a quote is only a character', () => {
  assert.equal(scan("INSERT INTO t VALUES ('C:\\');\n", 5, false).scan.mode, 'line');
  assert.equal(scan("INSERT INTO t VALUES ('C:\\');\n", 5, true).scan.mode, 'rows');
});

test('a statement that breaks off inside its rows is seen as such', () => {
  assert.equal(scan('INSERT INTO t VALUES (1),(2', 4).scan.mode, 'rows');
});

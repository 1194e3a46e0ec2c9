import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judge } from '../index.ts';
import { memorySource } from '../../source.ts';

const XML = `<?xml version="1.0"?>
<mysqldump xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<database name="nis">
	<table_structure name="ward">
		<field Field="id" Type="int(11)" />
	</table_structure>
	<table_data name="ward">
${'	<row>\n\t\t<field name="id">1</field>\n\t</row>\n'.repeat(9000)}	</table_data>
</database>
</mysqldump>
`;
const said = async (text: string) => {
  const { content, format, facts } = await judge(memorySource(Buffer.from(text)), 'nis.xml');
  return [content, format, facts.tables, facts.rows];
};

test('mysqldump --xml is whole with its closing tag, and its rows are counted over the borders of pieces', async () => {
  assert.deepEqual(await said(XML), ['COMPLETE', 'mysqldump-xml', 1, 9000]);
});

test('cut anywhere, it is not whole; without rows it has no data', async () => {
  for (const at of [300, 40_000, XML.length - 3, XML.length - 14])
    assert.equal((await said(XML.slice(0, at)))[0], 'INCOMPLETE');
  assert.equal((await said(XML.replace(/\t<row>[\s\S]*<\/row>\n/, '')))[0], 'NO_DATA');
});

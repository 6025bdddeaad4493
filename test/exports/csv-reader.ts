/** Reads CSV by RFC 4180 and nothing more lenient: throws for a bare line feed, a bare quote, a row of another length. */
export function readCsv(text: string): readonly Readonly<Record<string, string>>[] {
  const [header, ...records] = recordsOf(text);
  if (!header) throw new Error('there is no header');
  return records.map((cells, index) => {
    if (cells.length !== header.length) throw new Error(`row ${index + 1} has ${cells.length} cells`);
    return Object.fromEntries(header.map((name, column) => [name, cells[column] ?? '']));
  });
}

const cell = /"((?:[^"]|"")*)"|([^",\r\n]*)/y;

function recordsOf(text: string): string[][] {
  if (!text.endsWith('\r\n')) throw new Error('the last row has no end');
  const records: string[][] = [];
  let record: string[] = [];
  let at = 0;
  while (at < text.length) {
    cell.lastIndex = at;
    const found = cell.exec(text);
    if (!found) throw new Error(`no cell at ${at}`);
    record.push(found[1]?.replaceAll('""', '"') ?? found[2] ?? '');
    at = cell.lastIndex;
    if (text[at] === ',') {
      at += 1;
    } else if (text.startsWith('\r\n', at)) {
      at += 2;
      records.push(record);
      record = [];
    } else {
      throw new Error(`a cell that begins before ${at} does not end as it should`);
    }
  }
  return records;
}

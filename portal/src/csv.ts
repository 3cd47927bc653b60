type Cell = string | number | null;

interface CsvColumn<Row> {
  readonly header: string;
  readonly cell: (row: Row) => Cell;
}

/**
 * A sign that makes a spreadsheet take a text for a formula, or skip to one: at the beginning of the text, and after
 * a character that some spreadsheets split cells at, whatever the quotes say.
 */
const FORMULA = /(?<=^|[;\t\r\n])(?=[=+\-@\t\r＝＋－＠])/g;

/** CSV as RFC 4180 has it, with a header line. No text in it is a formula to a spreadsheet. */
export function csvOf<Row>(columns: readonly CsvColumn<Row>[], rows: readonly Row[]): string {
  const lines = [
    columns.map(({ header }) => quoted(header)),
    ...rows.map((row) => columns.map(({ cell }) => fieldOf(cell(row)))),
  ];
  return lines.map((fields) => `${fields.join(',')}\r\n`).join('');
}

/** Hands a file to the person at the browser. */
export function downloadCsv(fileName: string, csv: string): void {
  const url = URL.createObjectURL(new Blob([csv], { type: 'text/csv;charset=utf-8' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = fileName;
  link.click();
  // The download has taken its hold of the content by then.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

function fieldOf(cell: Cell): string {
  if (cell === null) return '';
  return typeof cell === 'number' ? String(cell) : quoted(cell);
}

const quoted = (text: string): string => `"${text.replace(FORMULA, "'").replaceAll('"', '""')}"`;

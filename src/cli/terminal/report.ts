/** Prints rows in columns under their names. */
export function printTable(names: readonly string[], rows: readonly (readonly string[])[]): void {
  const lines = [names, ...rows];
  const widths = names.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  for (const line of lines) {
    console.log(
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    );
  }
}

/** A name as a terminal may show it: whatever is no character of text was made by somebody else and is left out. */
export const shown = (text: string): string => text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '�');

/** Longer text as a terminal may show it: lines, and the marks some scripts need, are left. */
export const printable = (text: string): string => text.replaceAll(/[^\P{Cc}\n\t]/gu, '�');

export const printJson = (value: unknown): void => console.log(JSON.stringify(value, null, 2));

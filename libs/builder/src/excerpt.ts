/** `first` to `last` marked, a few lines around them, all numbered: as BuildKit shows where a mistake is. */
export function excerptOf(text: string, file: string, { first, last }: { first: number; last: number }): string {
  const rows = text.split(/\r?\n/);
  if (first < 1 || first > rows.length) return '';
  const end = Math.min(last, rows.length);
  const rounds = first === end ? 2 : 1;
  const shown = { from: Math.max(1, first - rounds), to: Math.min(rows.length, end + rounds) };
  const lines = rows.slice(shown.from - 1, shown.to).map((row, i) => {
    const number = shown.from + i;
    return ` ${String(number).padStart(3)} | ${number >= first && number <= end ? '>>>' : '   '} ${row}\n`;
  });
  return `${file}:${first}\n--------------------\n${lines.join('')}--------------------\n`;
}

import { BuildError } from '../contract.ts';

/** One instruction as it stands in the file: continued lines joined, comments between them taken out. */
export interface LogicalLine {
  /** Of its first line, from 1. */
  line: number;
  /** Upper case. */
  keyword: string;
  rest: string;
  heredocs: Heredoc[];
}

/** `<<EOF … EOF` of RUN, COPY and ADD. */
export interface Heredoc {
  name: string;
  content: string;
  /** `<<"EOF"`: variables in it stay as they are. */
  quoted: boolean;
}

export interface LogicalFile {
  lines: LogicalLine[];
  escape: '\\' | '`';
}

/** Dockerfile reference, "Format", "Parser directives" and "Here-documents". */
export function readLogicalLines(text: string): LogicalFile {
  const rows = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  const escape = escapeDirective(rows);
  const continued = new RegExp(escape === '`' ? '`[ \\t]*$' : '\\\\[ \\t]*$');
  const lines: LogicalLine[] = [];
  for (let at = 0; at < rows.length; ) {
    const start = at;
    if (isBlankOrComment(rows[at]!)) {
      at++;
      continue;
    }
    let joined = '';
    for (let more = true; more && at < rows.length; ) {
      const row = rows[at++]!;
      if (joined !== '' && isBlankOrComment(row)) continue; // also between continued lines
      more = continued.test(row);
      joined += more ? row.replace(continued, '') : row;
    }
    const [, keyword = '', rest = ''] = /^\s*(\S+)\s*([\s\S]*)$/.exec(joined) ?? [];
    const heredocs = ['RUN', 'COPY', 'ADD'].includes(keyword.toUpperCase()) ? readHeredocs(rest, rows, at, start) : { found: [], next: at };
    at = heredocs.next;
    lines.push({ line: start + 1, keyword: keyword.toUpperCase(), rest: rest.trim(), heredocs: heredocs.found });
  }
  return { lines, escape };
}

function isBlankOrComment(row: string): boolean {
  return /^\s*(#|$)/.test(row);
}

/** Directives stand before anything else, one a line. */
function escapeDirective(rows: readonly string[]): '\\' | '`' {
  for (const row of rows) {
    const match = /^#\s*([a-z]+)\s*=\s*(\S+)\s*$/i.exec(row.trim());
    if (!match) break;
    if (match[1]!.toLowerCase() !== 'escape') continue;
    if (match[2] !== '\\' && match[2] !== '`') throw new BuildError(rows.indexOf(row) + 1, `invalid ESCAPE '${match[2]}'. Must be ' or \\`);
    return match[2];
  }
  return '\\';
}

function readHeredocs(rest: string, rows: readonly string[], from: number, start: number): { found: Heredoc[]; next: number } {
  const found: Heredoc[] = [];
  let next = from;
  for (const [, strip, quote, name = ''] of rest.matchAll(/(?:^|\s)\d*<<(-?)(["']?)([A-Za-z_][A-Za-z0-9_]*)\2/g)) {
    const content: string[] = [];
    for (;;) {
      const row = rows[next++];
      if (row === undefined) throw new BuildError(start + 1, `unterminated heredoc ${name}`);
      const plain = strip ? row.replace(/^\t+/, '') : row;
      if (plain === name) break;
      content.push(plain);
    }
    found.push({ name, content: content.map((row) => `${row}\n`).join(''), quoted: quote !== '' });
  }
  return { found, next };
}

import { BuildError } from '../contract.ts';
import { type Heredoc, heredocsOf, type HeredocWord } from './heredocs.ts';
import { jsonStrings } from './json-form.ts';
import { type CheckRules, type Escape, readDirectives } from './directives.ts';
import { splitFlags } from './flags.ts';

/** One instruction as it stands in the file: continued lines joined, comments between them taken out. */
export interface LogicalLine {
  /** Of its first line, from 1. */
  line: number;
  /** Of its last one, here-documents counted. */
  lastLine: number;
  /** Upper case. */
  keyword: string;
  /** `--name=value` words between the keyword and the rest, their quotes taken off. */
  flags: string[];
  rest: string;
  /** Keyword and everything after it on the line, as it was written. */
  text: string;
  heredocs: Heredoc[];
}

/** The instructions of a Dockerfile, told from one another and not yet understood. */
export interface LogicalFile {
  lines: LogicalLine[];
  escape: Escape;
  check: CheckRules;
}

const withHeredocs = new Set(['RUN', 'COPY', 'ADD']);

/** Dockerfile reference, "Format", "Parser directives" and "Here-documents". Throws BuildError with the line. */
export function readLogicalLines(text: string): LogicalFile {
  const rows = text.replace(/^\uFEFF/, '').split(/(?<=\n)/);
  const { escape, check } = readDirectives(rows);
  const lines: LogicalLine[] = [];
  for (let at = 0; at < rows.length; ) {
    const start = at;
    const { joined, next } = joinContinued(rows, at, escape);
    at = next;
    if (joined === '') continue;
    const line = splitInstruction(joined, start + 1, escape);
    const { heredocs, after } = takeHeredocs(rows, at, line);
    at = after;
    lines.push({ ...line, heredocs, lastLine: after });
  }
  return { lines, escape, check };
}

/** The words of one instruction. An ONBUILD trigger that an image brings is such a text too. */
export function splitInstruction(text: string, line: number, escape: Escape): LogicalLine {
  const [, keyword = '', after = ''] = /^\s*(\S*)\s*([\s\S]*)$/.exec(text) ?? [];
  const { flags, rest } = splitFlags(after, escape);
  return { line, keyword: keyword.toUpperCase(), flags, rest: rest.trim(), text: text.trim(), heredocs: [], lastLine: line };
}

/** A whole trigger of ONBUILD: its line, and the here-documents below it. */
export function readTrigger(text: string, line: number, escape: Escape): LogicalLine {
  const rows = text.split(/(?<=\n)/);
  const instruction = splitInstruction(withoutNewline(rows[0] ?? ''), line, escape);
  return { ...instruction, heredocs: takeHeredocs(rows, 1, instruction).heredocs };
}

/**
 * From the first row to the one that is not continued. An escape at the end of a row continues it unless another one stands before it.
 * Comments and empty rows between continued ones are left out.
 */
function joinContinued(rows: readonly string[], from: number, escape: Escape): { joined: string; next: number } {
  const continued = escape === '`' ? /(^|[^`])`[ \t]*$/ : /(^|[^\\])\\[ \t]*$/;
  const parts: string[] = [];
  let next = from;
  for (let more = true; more && next < rows.length; next++) {
    const row = withoutNewline(rows[next]!);
    const isFirst = next === from;
    if (isComment(row) || row.trim() === '') {
      if (isFirst) return { joined: '', next: next + 1 };
      continue;
    }
    const cut = continued.exec(row);
    more = cut !== null;
    parts.push(cut ? row.slice(0, cut.index) + cut[1]! : isFirst ? row.trimStart() : row);
  }
  return { joined: parts.join('').trimStart(), next };
}

/** Their contents follow the instruction's line in the order of their words. */
function takeHeredocs(rows: readonly string[], from: number, line: LogicalLine): { heredocs: Heredoc[]; after: number } {
  const heredocs: Heredoc[] = [];
  let after = from;
  for (const word of wordsWithContent(line)) {
    const { content, next } = contentOf(rows, after, word, line.line);
    heredocs.push({ ...word, content });
    after = next;
  }
  return { heredocs, after };
}

function wordsWithContent({ keyword, rest }: LogicalLine): HeredocWord[] {
  if (keyword === 'ONBUILD') return wordsWithContent(splitInstruction(rest, 0, '\\'));
  return withHeredocs.has(keyword) && rest.includes('<<') && jsonStrings(rest) === undefined ? heredocsOf(rest) : [];
}

function contentOf(rows: readonly string[], from: number, { name, chomp }: HeredocWord, line: number): { content: string; next: number } {
  for (let next = from; next < rows.length; next++) {
    const row = withoutNewline(rows[next]!);
    if ((chomp ? row.replace(/^\t+/, '') : row) === name) return { content: rows.slice(from, next).join(''), next: next + 1 };
  }
  throw new BuildError(line, `unterminated heredoc ${name}`);
}

const withoutNewline = (row: string): string => row.replace(/[\r\n]+$/, '');
const isComment = (row: string): boolean => row.trimStart().startsWith('#');

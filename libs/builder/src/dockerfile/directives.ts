import { BuildError } from '../contract.ts';

/** The backslash, unless `# escape=` says otherwise; the backtick is for Windows paths. */
export type Escape = '\\' | '`';

const directives = new Set(['syntax', 'escape', 'check']);

/**
 * Dockerfile reference, "Parser directives": they stand before anything else, each once; the first row that is none ends them. Answers the
 * escape character. Throws BuildError.
 */
export function escapeDirective(rows: readonly string[]): Escape {
  const seen = new Set<string>();
  let escape: Escape = '\\';
  for (const [at, row] of rows.entries()) {
    const [, name = '', value = ''] = /^\s*#\s*([a-z][a-z0-9]*)\s*=\s*(.+?)\s*$/i.exec(row) ?? [];
    const directive = name.toLowerCase();
    if (!directives.has(directive)) break;
    if (seen.has(directive)) throw new BuildError(at + 1, `only one ${directive} parser directive can be used`);
    seen.add(directive);
    if (directive !== 'escape') continue;
    if (value !== '\\' && value !== '`') throw new BuildError(at + 1, `invalid escape token '${value}' does not match \` or \\`);
    escape = value;
  }
  return escape;
}

/**
 * Go's path.Match with `**`: `*` and `?` stay within a component, `[…]` is a class, `\` takes a character as it is. Throws a
 * SyntaxError for what is no pattern.
 */
export function patternRegExp(pattern: string): RegExp {
  let source = '';
  for (let i = 0; i < pattern.length; i++) {
    const c = pattern[i]!;
    if (c === '*' && pattern[i + 1] === '*') {
      i++;
      if (pattern[i + 1] === '/') {
        i++;
        source += '(?:[^/]+/)*';
      } else source += '.*';
    } else if (c === '*') source += '[^/]*';
    else if (c === '?') source += '[^/]';
    else if (c === '[') {
      const end = classEnd(pattern, i);
      source += classSource(pattern.slice(i + 1, end));
      i = end;
    } else if (c === '\\') {
      if (++i >= pattern.length) throw new SyntaxError(`syntax error in pattern: ${pattern}`);
      source += escape(pattern[i]!);
    } else source += escape(c);
  }
  return new RegExp(`^${source}$`, 's');
}

/** Whether a source is a pattern and not one path: of a pattern that matches nothing nothing is missing. */
export function hasWildcard(text: string): boolean {
  return /[*?[]/.test(text);
}

function classEnd(pattern: string, start: number): number {
  for (let i = start + 1; i < pattern.length; i++) {
    if (pattern[i] === '\\') i++;
    else if (pattern[i] === ']' && i > start + 1) return i;
  }
  throw new SyntaxError(`syntax error in pattern: ${pattern}`);
}

function classSource(inner: string): string {
  const negated = inner.startsWith('^'); // and not by `!`, which is a shell's
  const body = (negated ? inner.slice(1) : inner).replace(/[[\]]/g, '\\$&');
  return negated ? `[^/${body}]` : `[${body}]`;
}

function escape(c: string): string {
  return c.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
}

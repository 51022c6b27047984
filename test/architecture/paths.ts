/** The paths of this tree that a document names, as it writes them: in backquotes, from a top folder on, or the end of a source's path. */
export function pathsIn(markdown: string): string[] {
  const quoted = [...markdown.matchAll(/`([^`\n]+)`/g)].map(([, text]) => text!);
  return quoted.filter((text) =>
    /^(?:(?:apps|libs|test|docs|deploy)\/[^\s`]*|[A-Z]+\.md|(?:package|tsconfig)\.json|[\w./<>*-]+\.(?:cjs|mjs|ts))$/.test(text),
  );
}

/**
 * Whether a named path is there. `<name>` stands for any name, `…` and `*` for anything in its place; a folder ends in a slash; `{a,b}` names
 * both. A source that begins with no top folder is found by the end of its path.
 */
export function isThere(path: string, files: readonly string[]): boolean {
  const [, before, choices, after] = /^([^{]*)\{([^}]*)\}(.*)$/.exec(path) ?? [];
  if (choices !== undefined) return choices.split(',').every((choice) => isThere(`${before}${choice}${after}`, files));
  const pattern = path
    .split(/(<[a-z-]+>|\*|…)/)
    .map((part) => (/^(<[a-z-]+>|\*|…)$/.test(part) ? '[^/]+' : part.replace(/[.+()[\]]/g, '\\$&')))
    .join('');
  const top = /^(?:apps|libs|test|docs|deploy)\//.test(path) || !/\.(?:mjs|ts)$/.test(path);
  const found = new RegExp(`${top ? '^' : '(^|/)'}${pattern}${path.endsWith('/') ? '' : '($|/)'}`);
  return files.some((file) => found.test(file));
}

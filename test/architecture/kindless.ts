import ts from 'typescript';

/** What a definition has names for. */
export interface Named {
  gvk: { kind: string };
  names: { plural: string };
  subresources?: Readonly<Record<string, unknown>>;
}

/** Every word that stands for a kind: its name, its resource, its subresources, and both together. */
export function wordsOf(kinds: readonly Named[]): Set<string> {
  return new Set(
    kinds.flatMap(({ gvk, names, subresources = {} }) => [
      gvk.kind,
      names.plural,
      ...Object.keys(subresources).flatMap((name) => [name, `${names.plural}/${name}`]),
    ]),
  );
}

/** The kinds that a file names: in its texts, by the constants of `#objects`, by a generated type, or as a key of `subresources`. */
export function kindsNamedIn(path: string, text: string, words: ReadonlySet<string>): string[] {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const constants = new Set<string>();
  const found = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) return imported(node);
    if (ts.isStringLiteralLike(node) && words.has(node.text)) found.add(node.text);
    if (ts.isPropertyAccessExpression(node)) {
      if (ts.isIdentifier(node.expression) && constants.has(node.expression.text) && words.has(node.name.text)) found.add(node.getText());
      if (/\bsubresources[?!]?$/.test(node.expression.getText())) found.add(`subresources.${node.name.text}`);
    }
    ts.forEachChild(node, visit);
  };
  const imported = (node: ts.ImportDeclaration): void => {
    const from = (node.moduleSpecifier as ts.StringLiteral).text;
    const names = node.importClause?.namedBindings;
    if (!names || !ts.isNamedImports(names)) return;
    for (const { name, propertyName } of names.elements) {
      const original = (propertyName ?? name).text;
      if (from === '#objects' && (original === 'gvks' || original === 'resources')) constants.add(name.text);
      if (from === '#api/types') found.add(`type ${original}`);
    }
  };
  visit(file);
  return [...found];
}

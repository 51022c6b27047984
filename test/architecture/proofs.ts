import { readFileSync } from 'node:fs';
import ts from 'typescript';

/** A test that a document names as proof: `` `path/to/x.spec.ts` "title" ``. */
export interface Proof {
  file: string;
  title: string;
}

/** Rows of the tables of a document that have a column "proved by", by their headings. */
export function provedRows(markdown: string): Record<string, string>[] {
  const rows: Record<string, string>[] = [];
  let heads: string[] | undefined;
  for (const line of markdown.split('\n')) {
    if (!line.startsWith('|')) {
      heads = undefined;
      continue;
    }
    // A bar in a cell is written `\|`.
    const cells = line
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.trim());
    if (!heads) heads = cells;
    else if (heads.includes('proved by') && !/^-+$/.test(cells[0] ?? ''))
      rows.push(Object.fromEntries(heads.map((head, i) => [head, cells[i] ?? ''])));
  }
  return rows;
}

const proof = /`([^`\s]+\.spec\.ts)`((?: "[^"]+")+)/g;

/** Every proof that a text names; a file may have several titles. */
export const proofsIn = (text: string): Proof[] =>
  [...text.matchAll(proof)].flatMap(([, file, titles]) =>
    [...titles!.matchAll(/"([^"]+)"/g)].map(([, title]) => ({ file: file!, title: title! })),
  );

/** A cell that holds proofs and nothing else. */
export const isProven = (cell: string): boolean => proofsIn(cell).length > 0 && /^(?:,\s*|<br>)*$/.test(cell.replaceAll(proof, ''));

/**
 * What a proof may name in a file: a test by its title, alone or behind the titles of the `describe`s around it, or a `describe` that holds
 * tests. Rows of a table are written out where they stand in the file; else the title is the one with its marks (`$name`, `%s`).
 */
export function titlesIn(path: string): ReadonlySet<string> {
  const source = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true);
  const titles = new Set<string>();
  const visit = (node: ts.Node, around: readonly string[][]): void => {
    const block = ts.isCallExpression(node) ? blockOf(node) : undefined;
    if (!block) return ts.forEachChild(node, (child) => visit(child, around));
    const own = titlesOf(block, source).flatMap((title) => around.map((outer) => [...outer, title]));
    if (block.isTest) for (const name of own) for (const title of endsOf(name)) titles.add(title);
    else for (const argument of block.call.arguments.slice(1)) ts.forEachChild(argument, (child) => visit(child, own));
  };
  visit(source, [[]]);
  return titles;
}

/** `a`, `b`, `a b` and `a b c`, `b c`, `c` of a test `c` in `describe('b')` in `describe('a')`. */
const endsOf = (name: readonly string[]): string[] =>
  name.flatMap((_title, end) => name.slice(0, end + 1).map((_outer, from) => name.slice(from, end + 1).join(' ')));

interface Block {
  call: ts.CallExpression;
  isTest: boolean;
  /** Of `.each`. */
  table?: ts.Expression | undefined;
}

/** `it(…)`, `test(…)`, `describe(…)`, and each of them with a table: `it.each(table)(…)`. */
function blockOf(call: ts.CallExpression): Block | undefined {
  const each = ts.isCallExpression(call.expression) ? call.expression : undefined;
  const word = (each && ts.isPropertyAccessExpression(each.expression) ? each.expression.expression : call.expression).getText();
  if (!/^(it|test|describe)$/.test(word)) return undefined;
  return { call, isTest: word !== 'describe', table: each?.arguments[0] };
}

function titlesOf({ call, table }: Block, source: ts.SourceFile): string[] {
  const title = textOf(call.arguments[0]);
  if (title === undefined) return [];
  return [title, ...(table ? rowsOf(table, source).map((row) => filled(title, row)) : [])];
}

const bare = (node: ts.Expression): ts.Expression =>
  ts.isAsExpression(node) || ts.isSatisfiesExpression(node) || ts.isParenthesizedExpression(node) ? bare(node.expression) : node;

const textOf = (node: ts.Expression | undefined): string | undefined => {
  if (node && ts.isTemplateExpression(bare(node))) return bare(node).getText().slice(1, -1);
  const value = node && literal(node);
  return value === undefined ? undefined : shown(value);
};

const shown = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

/** The rows of a table that stands in the file as a list, also behind a function that takes it; of one that is computed, none. */
function rowsOf(table: ts.Expression, source: ts.SourceFile): ts.Expression[] {
  const list = bare(table);
  if (ts.isArrayLiteralExpression(list)) {
    return list.elements.flatMap((row) => (ts.isSpreadElement(row) ? rowsOf(row.expression, source) : [bare(row)]));
  }
  if (ts.isCallExpression(list)) return list.arguments[0] ? rowsOf(list.arguments[0], source) : [];
  if (!ts.isIdentifier(list)) return [];
  let found: ts.Expression | undefined;
  const visit = (node: ts.Node): void => {
    if (ts.isVariableDeclaration(node) && node.name.getText() === list.text) found ??= node.initializer;
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found && ts.isArrayLiteralExpression(bare(found)) ? rowsOf(found, source) : [];
}

/** `$name` is a property of the row, `%s` its next item; what is no literal stays as it is. */
function filled(title: string, row: ts.Expression): string {
  if (ts.isObjectLiteralExpression(row)) {
    return title.replaceAll(/\$(\w+)/g, (mark, name: string) => textOf(propertyOf(row, name)) ?? mark);
  }
  const items = ts.isArrayLiteralExpression(row) ? [...row.elements] : [row];
  let next = 0;
  return title.replaceAll(/%[sdipjo]/g, (mark) => {
    const item = items[next++];
    const value = item && literal(item);
    if (value === undefined) return mark;
    return mark === '%s' ? shown(value) : JSON.stringify(value);
  });
}

const propertyOf = (row: ts.ObjectLiteralExpression, name: string): ts.Expression | undefined =>
  row.properties.filter(ts.isPropertyAssignment).find((property) => property.name.getText() === name)?.initializer;

/** Texts, numbers, truth values, null, and lists and objects of them. */
function literal(node: ts.Expression): unknown {
  const value = bare(node);
  if (ts.isStringLiteralLike(value)) return value.text;
  if (ts.isNumericLiteral(value)) return Number(value.text);
  const word = { true: true, false: false, null: null }[value.getText()];
  if (word !== undefined) return word;
  if (ts.isArrayLiteralExpression(value)) return whole(value.elements.map(literal));
  if (!ts.isObjectLiteralExpression(value)) return undefined;
  const entries = value.properties.map((property) =>
    ts.isPropertyAssignment(property)
      ? ([property.name.getText().replaceAll(/^'|'$/g, ''), literal(property.initializer)] as const)
      : undefined,
  );
  return whole(entries.map((entry) => entry?.[1])) && Object.fromEntries(entries as [string, unknown][]);
}

const whole = (values: unknown[]): unknown[] | undefined => (values.includes(undefined) ? undefined : values);

import ts from 'typescript';

export interface Place {
  node: ts.Node;
  place: string;
}

/**
 * Where an object is read or written by a key that may be anybody's: brackets or `in` with a key of type `string` on a type with an index
 * signature. Keys that the program knows have a type of their own (literals, unions, `KnownKey`), and those that were just taken from the
 * same object are its own.
 */
export function unguarded(program: ts.Program, isChecked: (file: string) => boolean): Place[] {
  const checker = program.getTypeChecker();
  const found: Place[] = [];
  const visit = (node: ts.Node): void => {
    const access = accessOf(node);
    if (access && isAnyText(checker.getTypeAtLocation(access.key)) && isTable(checker, access.table) && !isOwnKey(access)) {
      const source = node.getSourceFile();
      found.push({ node, place: `${source.fileName}:${source.getLineAndCharacterOfPosition(node.getStart()).line + 1} ${node.getText()}` });
    }
    ts.forEachChild(node, visit);
  };
  for (const source of program.getSourceFiles()) if (isChecked(source.fileName)) visit(source);
  return found;
}

interface Access {
  table: ts.Expression;
  key: ts.Expression;
}

function accessOf(node: ts.Node): Access | undefined {
  // `delete` looks at own keys only.
  if (ts.isElementAccessExpression(node)) {
    return ts.isDeleteExpression(node.parent) ? undefined : { table: node.expression, key: node.argumentExpression };
  }
  if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.InKeyword) return { table: node.right, key: node.left };
  return undefined;
}

const isAnyText = (type: ts.Type): boolean => (type.isUnion() ? type.types : [type]).some(({ flags }) => flags & ts.TypeFlags.String);

function isTable(checker: ts.TypeChecker, expression: ts.Expression): boolean {
  const type = checker.getApparentType(checker.getNonNullableType(checker.getTypeAtLocation(expression)));
  return (type.isUnion() ? type.types : [type]).some((each) => checker.getIndexInfoOfType(each, ts.IndexKind.String) !== undefined);
}

/** The key comes out of `for (const key in table)`, or of `Object.keys(table)` or `Object.entries(table)` by a loop or a callback. */
function isOwnKey({ table, key }: Access): boolean {
  if (!ts.isIdentifier(key)) return false;
  const wanted = bare(table).getText();
  for (let node: ts.Node = key; !ts.isSourceFile(node); node = node.parent) {
    const keys = keysBoundBy(node, key.text);
    if (keys) return bare(keys).getText() === wanted;
  }
  return false;
}

/** The object whose keys a loop or callback binds to this name. */
function keysBoundBy(node: ts.Node, name: string): ts.Expression | undefined {
  if ((ts.isForOfStatement(node) || ts.isForInStatement(node)) && ts.isVariableDeclarationList(node.initializer)) {
    if (!bindsFirst(node.initializer.declarations[0]?.name, name)) return undefined;
    return ts.isForInStatement(node) ? node.expression : listedObject(node.expression);
  }
  if (ts.isArrowFunction(node) && ts.isCallExpression(node.parent) && ts.isPropertyAccessExpression(node.parent.expression)) {
    return bindsFirst(node.parameters[0]?.name, name) ? listedObject(node.parent.expression.expression) : undefined;
  }
  return undefined;
}

const bindsFirst = (binding: ts.BindingName | undefined, name: string): boolean => {
  const first = binding && ts.isArrayBindingPattern(binding) ? binding.elements[0] : undefined;
  const bound = first && ts.isBindingElement(first) ? first.name : binding;
  return bound !== undefined && ts.isIdentifier(bound) && bound.text === name;
};

function listedObject(expression: ts.Expression): ts.Expression | undefined {
  if (!ts.isCallExpression(expression)) return undefined;
  return /^Object\.(keys|entries)$/.test(expression.expression.getText()) ? expression.arguments[0] : undefined;
}

/** Without parentheses, casts and `?? {}`. */
function bare(expression: ts.Expression): ts.Expression {
  if (ts.isParenthesizedExpression(expression) || ts.isAsExpression(expression)) return bare(expression.expression);
  if (ts.isBinaryExpression(expression) && expression.operatorToken.kind === ts.SyntaxKind.QuestionQuestionToken)
    return bare(expression.left);
  return ts.isNonNullExpression(expression) ? bare(expression.expression) : expression;
}

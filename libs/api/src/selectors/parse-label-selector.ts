import { lookUp } from '#base';
import { badRequest } from '../meta/api-error.ts';
import { invalidValue } from '../meta/field-error.ts';
import { isQualifiedName } from '../validation/names.ts';
import { checkRequirement, LabelMatcher, type Requirement, type RequirementOperator } from './label-selector.ts';

interface Token {
  kind: 'symbol' | 'word' | 'end' | 'error';
  text: string;
}

const binaryOperators: Readonly<Record<string, RequirementOperator>> = {
  in: 'in',
  notin: 'notin',
  '=': '=',
  '==': '==',
  '!=': '!=',
  '>': 'gt',
  '<': 'lt',
};

function tokens(text: string): Token[] {
  const found: Token[] = [];
  for (const [, symbol, word] of text.matchAll(/([=!(),<>]+)|([^\s=!(),<>]+)/g)) {
    if (word !== undefined) found.push({ kind: 'word', text: word });
    else found.push(...symbols(symbol!));
  }
  return [...found, { kind: 'end', text: '' }];
}

/** Splits a run of special characters into the longest operators. */
function symbols(run: string): Token[] {
  const found: Token[] = [];
  for (let at = 0; at < run.length; ) {
    const pair = run.slice(at, at + 2);
    const text = pair === '==' || pair === '!=' ? pair : run[at]!;
    found.push({ kind: 'symbol', text });
    at += text.length;
  }
  return found;
}

/** Recursive descent over `KEY`, `!KEY`, `KEY OP VALUE`, `KEY in (…)`, joined by commas. */
class Parser {
  private at = 0;
  private readonly tokens: readonly Token[];

  constructor(text: string) {
    this.tokens = tokens(text);
  }

  requirements(): Requirement[] {
    const found: Requirement[] = [];
    for (;;) {
      const token = this.peek();
      if (token.kind === 'end') return found;
      if (token.kind !== 'word' && token.text !== '!') this.fail(token, ", expected: !, identifier, or 'end of string'");
      try {
        found.push(this.requirement());
      } catch (err) {
        throw new SelectorSyntax(`unable to parse requirement: ${(err as Error).message}`);
      }
      const after = this.take();
      if (after.kind === 'end') return found;
      if (after.text !== ',') this.fail(after, ", expected: ',' or 'end of string'");
      const next = this.peek();
      if (next.kind !== 'word' && next.text !== '!') this.fail(next, ", expected: identifier after ','");
    }
  }

  private requirement(): Requirement {
    let token = this.take();
    const negated = token.text === '!' && token.kind === 'symbol';
    if (negated) token = this.take();
    if (token.kind !== 'word') this.fail(token, ', expected: identifier');
    const key = token.text;
    const keyErrors = isQualifiedName(key);
    if (keyErrors.length) throw new SelectorSyntax(`<nil>: ${invalidValue('', key, keyErrors.join('; ')).message}`);
    if (negated) return checked({ key, operator: '!', values: [] });
    const next = this.peek();
    if (next.kind === 'end' || next.text === ',') return checked({ key, operator: 'exists', values: [] });
    const operator = lookUp(binaryOperators, this.take().text);
    if (!operator) this.fail(next, ', expected: in, notin, =, ==, !=, gt, lt');
    const values = operator === 'in' || operator === 'notin' ? this.valueSet() : [this.exactValue()];
    return checked({ key, operator, values });
  }

  private exactValue(): string {
    const next = this.peek();
    if (next.kind === 'end' || next.text === ',') return '';
    const token = this.take();
    if (token.kind !== 'word') this.fail(token, ', expected: identifier');
    return token.text;
  }

  /** `(a,b)`; a missing word between commas is the empty string. */
  private valueSet(): string[] {
    const open = this.take();
    if (open.text !== '(') this.fail(open, " expected: '('");
    const values = new Set<string>();
    for (let pending = true; ; ) {
      const token = this.take();
      if (token.kind === 'word') {
        values.add(token.text);
        pending = false;
        const next = this.peek();
        if (next.text !== ',' && next.text !== ')') this.fail(next, ", expected: ',' or ')'");
      } else if (token.text === ',' || token.text === ')') {
        if (pending) values.add('');
        if (token.text === ')') return [...values].toSorted();
        pending = true;
      } else this.fail(token, values.size === 0 ? ", expected: ',', ')' or identifier" : ", expected: ',', or identifier");
    }
  }

  private peek(): Token {
    return this.tokens[this.at]!;
  }

  private take(): Token {
    return this.tokens[Math.min(this.at++, this.tokens.length - 1)]!;
  }

  private fail(token: Token, expected: string): never {
    throw new SelectorSyntax(`found '${token.text}'${expected}`);
  }
}

class SelectorSyntax extends Error {}

function checked(requirement: Requirement): Requirement {
  const errors = checkRequirement(requirement);
  if (errors.length === 0) return requirement;
  const lines = errors.map((e) => `${e.field}: ${e.message}`);
  throw new SelectorSyntax(lines.length === 1 ? lines[0] : `[${lines.join(', ')}]`);
}

/**
 * Reads the `labelSelector` parameter: `a=b,c!=d,e in (f,g),h notin (),i,!j,k>1`. Throws ApiError 400.
 * Grammar: `k8s.io/apimachinery/pkg/labels`, Parse.
 */
export function parseLabelSelector(text: string): LabelMatcher {
  try {
    return new LabelMatcher(new Parser(text).requirements());
  } catch (err) {
    if (err instanceof SelectorSyntax) throw badRequest(err.message);
    throw err;
  }
}

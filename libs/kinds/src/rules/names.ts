/**
 * The rules for names, labels and the like. Each answers upstream's complaints, none when the value is fine:
 * `k8s.io/apimachinery/pkg/util/validation`. Texts are part of the API's surface: people search for them.
 */
export type NameRule = (value: string) => string[];

const labelPattern = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const subdomainPattern = `${labelPattern}(\\.${labelPattern})*`;
const qualifiedNamePattern = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';

export const maxLengthError = (max: number): string => `must be no more than ${max} bytes`;
export const byteLength = (value: string): number => new TextEncoder().encode(value).length;

/** `text (e.g. 'a',  or 'b', regex used for validation is '…')`, two spaces before `or` included. */
export function regexError(text: string, pattern: string, ...examples: string[]): string {
  if (examples.length === 0) return `${text} (regex used for validation is '${pattern}')`;
  return `${text} (e.g. ${examples.map((example) => `'${example}'`).join(',  or ')}, regex used for validation is '${pattern}')`;
}

function ruleOf(options: { pattern: string; max?: number; text: string; examples: string[] }): NameRule {
  const expression = new RegExp(`^(?:${options.pattern})$`);
  const complaint = regexError(options.text, options.pattern, ...options.examples);
  return (value) => [
    ...(options.max !== undefined && byteLength(value) > options.max ? [maxLengthError(options.max)] : []),
    ...(expression.test(value) ? [] : [complaint]),
  ];
}

export const isDns1123Label = ruleOf({
  pattern: labelPattern,
  max: 63,
  text: "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
  examples: ['my-name', '123-abc'],
});

export const isDns1123Subdomain = ruleOf({
  pattern: subdomainPattern,
  max: 253,
  text: "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
  examples: ['example.com'],
});

export const isDns1035Label = ruleOf({
  pattern: '[a-z]([-a-z0-9]*[a-z0-9])?',
  max: 63,
  text: "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
  examples: ['my-name', 'abc-123'],
});

export const isConfigMapKey: NameRule = (value) => {
  const errors = configMapKey(value);
  if (value === '.') errors.push("must not be '.'");
  else if (value === '..') errors.push("must not be '..'");
  else if (value.startsWith('..')) errors.push("must not start with '..'");
  return errors;
};

const configMapKey = ruleOf({
  pattern: '[-._a-zA-Z0-9]+',
  max: 253,
  text: "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
  examples: ['key.name', 'KEY_NAME', 'key-name'],
});

const namePart = ruleOf({
  pattern: qualifiedNamePattern,
  max: 63,
  text: "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
  examples: ['MyName', 'my.name', '123-abc'],
});

/** A label key: `[prefix/]name`. */
export const isQualifiedName: NameRule = (value) => {
  const parts = value.split('/');
  const errors: string[] = [];
  let name = parts[0] ?? '';
  if (parts.length === 2) {
    const prefix = name;
    name = parts[1] ?? '';
    if (prefix === '') errors.push('prefix part must be non-empty');
    else errors.push(...isDns1123Subdomain(prefix).map((message) => `prefix part ${message}`));
  } else if (parts.length > 2) {
    return [
      regexError(
        "a qualified name must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
        qualifiedNamePattern,
        'MyName',
        'my.name',
        '123-abc',
      ) + " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')",
    ];
  }
  if (name === '') errors.push('name part must be non-empty');
  return [
    ...errors,
    ...(name === '' ? namePart('').slice(-1) : namePart(name).map((m) => (m.startsWith('must be') ? `name part ${m}` : m))),
  ];
};

export const isLabelValue = ruleOf({
  pattern: '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?',
  max: 63,
  text: "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
  examples: ['MyValue', 'my_value', '12345'],
});

/**
 * The rules for names, labels and the like. Each answers upstream's complaints, none when the value is fine:
 * `k8s.io/apimachinery/pkg/util/validation`. Texts are part of the API's surface: people search for them.
 */
export type NameRule = (value: string) => string[];

const labelPattern = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const subdomainPattern = `${labelPattern}(\\.${labelPattern})*`;
const qualifiedNamePattern = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';

export const maxLengthError = (max: number): string => `must be no more than ${max} characters`;
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

/** A label; a subdomain is told what it has too much. */
export const isDns1123Label: NameRule = (value) => {
  const errors = dns1123Label(value);
  return errors.length > 0 && /\./.test(value) && isDns1123Subdomain(value).length === 0
    ? [...errors.slice(0, -1), 'must not contain dots']
    : errors;
};

const dns1123Label = ruleOf({
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

const namePart: NameRule = (value) => [
  ...(byteLength(value) > 63 ? [`name part ${maxLengthError(63)}`] : []),
  ...namePartCharacters(value),
];

const namePartCharacters = ruleOf({
  pattern: qualifiedNamePattern,
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

/** KEP-4369: any printable ASCII but `=`. */
export const isEnvVarName: NameRule = (value) => {
  if (value === '') return ['environment variable name must be non-empty'];
  return /^[ -<>-~]+$/.test(value)
    ? []
    : ["a valid environment variable name must consist only of printable ASCII characters other than '='"];
};

/** IANA service name, RFC 6335 §5.1. */
export const isPortName: NameRule = (value) => {
  const errors: string[] = [];
  if (byteLength(value) > 15) errors.push(maxLengthError(15));
  if (!/^[-a-z0-9]+$/.test(value)) errors.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)');
  if (!/[a-z]/.test(value)) errors.push('must contain at least one letter (a-z)');
  if (value.includes('--')) errors.push('must not contain consecutive hyphens');
  if (value !== '' && (value.startsWith('-') || value.endsWith('-'))) errors.push('must not begin or end with a hyphen');
  return errors;
};

export const isHttpHeaderName = ruleOf({
  pattern: '[-A-Za-z0-9]+',
  text: "a valid HTTP header must consist of alphanumeric characters or '-'",
  examples: ['X-Header-Name'],
});

const underscoreLabelPattern = '_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?';
export const isDns1123SubdomainWithUnderscore = ruleOf({
  pattern: `${underscoreLabelPattern}(\\.${underscoreLabelPattern})*`,
  max: 253,
  text: "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character",
  examples: ['example.com'],
});

export const isPercentage = ruleOf({
  pattern: '[0-9]+%',
  text: "a valid percent string must be a numeric string followed by an ending '%'",
  examples: ['1%', '93%'],
});

export const rangeError = (low: number, high: number): string => `must be between ${low} and ${high}, inclusive`;
export const isPortNumber = (value: number): string[] => (value >= 1 && value <= 65535 ? [] : [rangeError(1, 65535)]);
/** Users and groups: not negative, and in 32 bits. */
export const isId = (value: number): string[] => (value >= 0 && value <= 2 ** 31 - 1 ? [] : [rangeError(0, 2 ** 31 - 1)]);

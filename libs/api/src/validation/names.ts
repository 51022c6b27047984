/**
 * Rules for names, labels and other words. Each answers upstream's complaints, an empty list when the value is fine; people search
 * for the texts, so they are upstream's: `k8s.io/apimachinery/pkg/util/validation` and `pkg/api/validate/content`, v0.36.
 */
export type TextRule = (value: string) => string[];

const label = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const subdomain = `${label}(\\.${label})*`;
const labelKeyName = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const underscoreLabel = '_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?';

/** Length in UTF-8 bytes, which is what limits count. */
export function byteLength(value: string): number {
  return Buffer.byteLength(value);
}

export const maxLengthError = (max: number, unit: 'characters' | 'bytes' = 'characters'): string => `must be no more than ${max} ${unit}`;
export const emptyError = 'must be non-empty';
export const inclusiveRangeError = (low: number, high: number): string => `must be between ${low} and ${high}, inclusive`;

/** `text (e.g. 'a',  or 'b', regex used for validation is '…')`; the two spaces before `or` are upstream's. */
export function regexError(text: string, pattern: string, ...examples: string[]): string {
  if (examples.length === 0) return `${text} (regex used for validation is '${pattern}')`;
  return `${text} (e.g. ${examples.map((e) => `'${e}'`).join(',  or ')}, regex used for validation is '${pattern}')`;
}

function patternRule({
  pattern,
  maxBytes = Infinity,
  unit,
  text,
  examples,
}: {
  pattern: string;
  maxBytes?: number;
  unit?: 'bytes';
  text: string;
  examples: string[];
}): TextRule {
  const expression = new RegExp(`^(?:${pattern})$`);
  const complaint = regexError(text, pattern, ...examples);
  return (value) => {
    const fits = value.length * 3 <= maxBytes || byteLength(value) <= maxBytes;
    const matches = expression.test(value);
    if (fits && matches) return [];
    return [...(fits ? [] : [maxLengthError(maxBytes, unit)]), ...(matches ? [] : [complaint])];
  };
}

const subdomainText =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character";

export const isDns1123Subdomain = patternRule({ pattern: subdomain, maxBytes: 253, text: subdomainText, examples: ['example.com'] });

const dns1123LabelPattern = patternRule({
  pattern: label,
  maxBytes: 63,
  text: "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
  examples: ['my-name', '123-abc'],
});
const subdomainExpression = new RegExp(`^${subdomain}$`);

export const isDns1123Label: TextRule = (value) => {
  const errors = dns1123LabelPattern(value);
  return errors.length > 0 && value.includes('.') && subdomainExpression.test(value)
    ? [...errors.slice(0, -1), 'must not contain dots']
    : errors;
};

export const isDns1123SubdomainWithUnderscore = patternRule({
  pattern: `${underscoreLabel}(\\.${underscoreLabel})*`,
  maxBytes: 253,
  text: "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character",
  examples: ['example.com'],
});

export const isDns1035Label = patternRule({
  pattern: '[a-z]([-a-z0-9]*[a-z0-9])?',
  maxBytes: 63,
  text: "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
  examples: ['my-name', 'abc-123'],
});

export const isWildcardDns1123Subdomain = patternRule({
  pattern: `\\*\\.${subdomain}`,
  maxBytes: 253,
  text: "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character",
  examples: ['*.example.com'],
});

const labelKeyText = "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
const labelKeyExamples = ['MyName', 'my.name', '123-abc'];
const labelKeyName63 = patternRule({
  pattern: labelKeyName,
  maxBytes: 63,
  unit: 'bytes',
  text: labelKeyText,
  examples: labelKeyExamples,
});
const labelKeyPrefix = patternRule({
  pattern: subdomain,
  maxBytes: 253,
  unit: 'bytes',
  text: subdomainText,
  examples: ['example.com'],
});

/** A label key, `[prefix/]name`; also annotations (in lower case), finalizers and resource names. */
export const isQualifiedName: TextRule = (value) => {
  const parts = value.split('/');
  if (parts.length > 2) {
    const complaint = regexError(labelKeyText, labelKeyName, ...labelKeyExamples);
    return [`a valid label key ${complaint} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`];
  }
  const name = parts.at(-1)!;
  const errors: string[] = [];
  if (parts.length === 2) {
    const prefix = parts[0]!;
    errors.push(...(prefix === '' ? [emptyError] : labelKeyPrefix(prefix)).map((m) => `prefix part ${m}`));
  }
  if (name === '') errors.push(`name part ${emptyError}`);
  errors.push(...labelKeyName63(name).map((m) => `name part ${m}`));
  return errors;
};

export const isValidLabelValue = patternRule({
  pattern: `(${labelKeyName})?`,
  maxBytes: 63,
  unit: 'bytes',
  text: `a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character`,
  examples: ['MyValue', 'my_value', '12345'],
});

export const isCIdentifier = patternRule({
  pattern: '[A-Za-z_][A-Za-z0-9_]*',
  text: "a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_'",
  examples: ['my_name', 'MY_NAME', 'MyName'],
});

function changesDirectory(value: string): string[] {
  if (value === '.') return [`must not be '.'`];
  if (value === '..') return [`must not be '..'`];
  return value.startsWith('..') ? [`must not start with '..'`] : [];
}

const strictEnvVarName = patternRule({
  pattern: '[-._a-zA-Z][-._a-zA-Z0-9]*',
  text: "a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or '.', and must not start with a digit",
  examples: ['my.env-name', 'MY_ENV.NAME', 'MyEnvName1'],
});

/** The rule before KEP-4369. */
export const isStrictEnvVarName: TextRule = (value) => [...strictEnvVarName(value), ...changesDirectory(value)];

/** KEP-4369: any printable ASCII but `=`. */
export const isEnvVarName: TextRule = (value) => {
  if (value === '') return [`environment variable name ${emptyError}`];
  return /^[ -<>-~]+$/.test(value)
    ? []
    : ["a valid environment variable name must consist only of printable ASCII characters other than '='"];
};

const configMapKey = patternRule({
  pattern: '[-._a-zA-Z0-9]+',
  maxBytes: 253,
  text: "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
  examples: ['key.name', 'KEY_NAME', 'key-name'],
});

export const isConfigMapKey: TextRule = (value) => [...configMapKey(value), ...changesDirectory(value)];

/** IANA service name, RFC 6335 §5.1. */
export const isValidPortName: TextRule = (value) => {
  const errors: string[] = [];
  if (byteLength(value) > 15) errors.push(maxLengthError(15));
  if (!/^[-a-z0-9]+$/.test(value)) errors.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)');
  if (!/[a-z]/.test(value)) errors.push('must contain at least one letter (a-z)');
  if (value.includes('--')) errors.push('must not contain consecutive hyphens');
  if (value.startsWith('-') || value.endsWith('-')) errors.push('must not begin or end with a hyphen');
  return errors;
};

export const isHttpHeaderName = patternRule({
  pattern: '[-A-Za-z0-9]+',
  text: "a valid HTTP header must consist of alphanumeric characters or '-'",
  examples: ['X-Header-Name'],
});

export const isValidPercent = patternRule({
  pattern: '[0-9]+%',
  text: "a valid percent string must be a numeric string followed by an ending '%'",
  examples: ['1%', '93%'],
});

export const isInRange = (value: number, low: number, high: number): string[] =>
  value >= low && value <= high ? [] : [inclusiveRangeError(low, high)];
export const isValidPortNum = (value: number): string[] => isInRange(value, 1, 65535);
/** User and group ids: not negative, and in 32 bits. */
export const isValidId = (value: number): string[] => isInRange(value, 0, 2 ** 31 - 1);

/** Names that stand in a URL path as they are: roles, bindings and the like. */
export const isPathSegmentName: TextRule = (value) => {
  if (value === '.' || value === '..') return [`may not be '${value}'`];
  return ['/', '%'].filter((c) => value.includes(c)).map((c) => `may not contain '${c}'`);
};

export type NameRule = 'dns-subdomain' | 'dns-label' | 'dns-1035-label' | 'path-segment';
const nameRules: Record<NameRule, TextRule> = {
  'dns-subdomain': isDns1123Subdomain,
  'dns-label': isDns1123Label,
  'dns-1035-label': isDns1035Label,
  'path-segment': isPathSegmentName,
};

/** Checks `metadata.name`; `prefix`: it is a `generateName`, which may end in a dash. */
export function checkName(rule: NameRule, name: string, prefix = false): string[] {
  if (prefix && rule === 'path-segment') return ['/', '%'].filter((c) => name.includes(c)).map((c) => `may not contain '${c}'`);
  // What is appended later takes the place of a dash at the end; upstream masks two characters.
  const text = prefix && name.length > 1 && name.endsWith('-') ? `${name.slice(0, -2)}a` : name;
  return nameRules[rule](text);
}

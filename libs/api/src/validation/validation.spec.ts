import { ipFamily, isDomainPrefixedPath, isValidCidr, isValidIp, isValidIpSloppy } from './addresses.ts';
import {
  checkName,
  isCIdentifier,
  isConfigMapKey,
  isDns1035Label,
  isDns1123Label,
  isDns1123Subdomain,
  isEnvVarName,
  isPathSegmentName,
  isQualifiedName,
  isValidLabelValue,
  isValidPercent,
  isValidPortName,
  isValidPortNum,
  isWildcardDns1123Subdomain,
  type TextRule,
} from './names.ts';
import { validateFieldManager, validateObjectMeta, validateObjectMetaUpdate } from './object-meta.ts';
import { validateDeleteOptions, validatePatchParameters } from './options.ts';

const rules: [string, TextRule, string[], [string, string][]][] = [
  [
    'a DNS label',
    isDns1123Label,
    ['a', 'a-1', '1a'],
    [
      ['A', 'a lowercase RFC 1123 label must consist of'],
      ['a.b', 'must not contain dots'],
      ['-a', 'RFC 1123 label'],
      ['a'.repeat(64), 'must be no more than 63 characters'],
      ['', 'RFC 1123 label'],
    ],
  ],
  [
    'a DNS subdomain',
    isDns1123Subdomain,
    ['a', 'a.b-c.1'],
    [
      [
        'A_b',
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
      ],
      ['a..b', 'subdomain'],
      ['x'.repeat(254), 'must be no more than 253 characters'],
    ],
  ],
  [
    'a DNS-1035 label',
    isDns1035Label,
    ['a', 'a1'],
    [
      [
        '1a',
        "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')",
      ],
    ],
  ],
  ['a wildcard domain', isWildcardDns1123Subdomain, ['*.a.b'], [['a.b', 'a wildcard DNS-1123 subdomain must start with']]],
  [
    'a qualified name',
    isQualifiedName,
    ['a', 'A_b.c', 'example.com/A'],
    [
      [
        'bad key!',
        "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
      ],
      ['/a', 'prefix part must be non-empty'],
      ['a/', 'name part must be non-empty'],
      ['A_/b', 'prefix part a lowercase RFC 1123 subdomain'],
      ['a/b/c', "with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"],
      ['x'.repeat(64), 'name part must be no more than 63 bytes'],
    ],
  ],
  [
    'a label value',
    isValidLabelValue,
    ['', 'a', 'A_b.c-1'],
    [
      [
        'bad value!',
        "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
      ],
      ['é'.repeat(40), 'must be no more than 63 bytes'],
    ],
  ],
  ['a C identifier', isCIdentifier, ['a_1'], [['1a', 'a valid C identifier must start with']]],
  [
    'an environment variable',
    isEnvVarName,
    ['A', '1a.b', 'a b'],
    [
      ['', 'environment variable name must be non-empty'],
      ['a=b', "printable ASCII characters other than '='"],
    ],
  ],
  [
    'a config key',
    isConfigMapKey,
    ['a', '.a', 'A-b_c'],
    [
      [
        'bad key',
        "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')",
      ],
      ['..', "must not be '..'"],
      ['..a', "must not start with '..'"],
      ['.', "must not be '.'"],
    ],
  ],
  [
    'a port name',
    isValidPortName,
    ['http', 'a-1'],
    [
      ['', 'must contain only alpha-numeric'],
      ['1', 'must contain at least one letter'],
      ['a--b', 'must not contain consecutive hyphens'],
      ['-a', 'must not begin or end with a hyphen'],
      ['a'.repeat(16), 'must be no more than 15 characters'],
    ],
  ],
  ['a percentage', isValidPercent, ['1%'], [['1', "a valid percent string must be a numeric string followed by an ending '%'"]]],
  [
    'a path segment',
    isPathSegmentName,
    ['a:b', 'A b'],
    [
      ['..', "may not be '..'"],
      ['a/b', "may not contain '/'"],
      ['a%b', "may not contain '%'"],
    ],
  ],
  [
    'an address',
    isValidIp,
    ['10.0.0.1', '::1', '2001:db8::1'],
    [
      ['x', 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'],
      ['10.0.0.01', 'must not have leading 0s'],
      ['::ffff:1.2.3.4', 'must not be an IPv4-mapped IPv6 address'],
      ['2001:DB8::1', 'must be in canonical form ("2001:db8::1")'],
      ['10.0.0.256', 'must be a valid IP'],
    ],
  ],
  ['any spelling of an address', isValidIpSloppy, ['10.0.0.01', '2001:DB8::1'], [['10.1', 'must be a valid IP']]],
  [
    'a network',
    isValidCidr,
    ['10.0.0.0/8', '2001:db8::/64'],
    [
      ['10.0.0.1', 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)'],
      ['10.0.0.1/8', 'must not have bits set beyond the prefix length'],
      ['10.0.0.0/33', 'must be a valid CIDR'],
      ['10.0.0.0/08', 'must not have leading 0s'],
    ],
  ],
];

describe.each(rules)('the rule for %s', (_name, rule, good, bad) => {
  it.each(good)('accepts %j', (value) => expect(rule(value)).toEqual([]));
  it.each(bad)('refuses %j', (value, complaint) => expect(rule(value).join('\n')).toContain(complaint));
});

describe('other rules', () => {
  it('count ports and know families', () => {
    expect([isValidPortNum(0), isValidPortNum(80), isValidPortNum(65536)]).toEqual([
      ['must be between 1 and 65535, inclusive'],
      [],
      ['must be between 1 and 65535, inclusive'],
    ]);
    expect([ipFamily('10.0.0.1'), ipFamily('::1'), ipFamily('x')]).toEqual([4, 6, undefined]);
    expect(isDomainPrefixedPath('spec.signerName', 'x').map((e) => e.message)).toEqual([
      'Invalid value: "x": must be a domain-prefixed path (such as "acme.io/foo")',
    ]);
  });

  it('accept a dash at the end of a prefix only', () => {
    expect(checkName('dns-subdomain', 'web-', true)).toEqual([]);
    expect(checkName('dns-subdomain', 'web-')).toHaveLength(1);
  });
});

describe('metadata', () => {
  const texts = (errors: { field: string; message: string }[]): string[] => errors.map((e) => `${e.field}: ${e.message}`);
  const good = { name: 'a', namespace: 'ns' };

  it.each([
    ['no name', {}, 'metadata.name: Required value: name or generateName is required'],
    ['no namespace', { name: 'a' }, 'metadata.namespace: Required value'],
    ['a bad finalizer', { ...good, finalizers: ['bad key!'] }, 'metadata.finalizers: Invalid value: "bad key!": name part'],
    ['a bad label', { ...good, labels: { 'bad key!': 'x' } }, 'metadata.labels: Invalid value: "bad key!": name part'],
    [
      'an owner without uid',
      { ...good, ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'p', uid: '' }] },
      'metadata.ownerReferences.uid: Invalid value: "": must not be empty',
    ],
    [
      'too many annotations',
      { ...good, annotations: { a: 'x'.repeat(262_144) } },
      'metadata.annotations: Too long: may not be more than 262144 bytes',
    ],
    [
      'a bad operation',
      { ...good, managedFields: [{ operation: 'X' as 'Apply' }] },
      'metadata.managedFields[0].operation: Invalid value: "X": must be `Apply` or `Update`',
    ],
  ])('is refused with %s', (_name, meta, complaint) => {
    expect(texts(validateObjectMeta(meta, { namespaced: true })).join('\n')).toContain(complaint);
  });

  it('accepts what is right, upper-case annotations too, and refuses a namespace where there is none', () => {
    expect(validateObjectMeta({ ...good, annotations: { 'UPPER/ok': 'x' } }, { namespaced: true })).toEqual([]);
    expect(texts(validateObjectMeta(good, { namespaced: false }))).toEqual(['metadata.namespace: Forbidden: not allowed on this type']);
  });

  it('keeps its identity in updates', () => {
    const old = { ...good, uid: 'u', resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' };
    expect(validateObjectMetaUpdate(old, old)).toEqual([]);
    expect(texts(validateObjectMetaUpdate({ ...old, uid: 'x', name: 'b', resourceVersion: '' }, old))).toEqual([
      'metadata.resourceVersion: Invalid value: "": must be specified for an update',
      'metadata.name: Invalid value: "b": field is immutable',
      'metadata.uid: Invalid value: "x": field is immutable',
    ]);
    const dying = { ...old, deletionTimestamp: '2026-01-01T00:00:00Z' };
    expect(texts(validateObjectMetaUpdate({ ...dying, finalizers: ['a/b'] }, dying))[0]).toBe(
      'metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"a/b"}',
    );
  });

  it('checks the parameters of requests', () => {
    expect(texts(validatePatchParameters({}, true))).toEqual(['fieldManager: Required value: is required for apply patch']);
    expect(texts(validatePatchParameters({ force: true, fieldValidation: 'x' }, false))).toEqual([
      'force: Forbidden: may not be specified for non-apply patch',
      'fieldValidation: Unsupported value: "x": supported values: "", "Ignore", "Strict", "Warn"',
    ]);
    expect(texts(validateFieldManager('a\u0007b', 'fieldManager'))).toEqual([
      'fieldManager: Invalid value: "a\\u0007b": invalid character U+0007 (at position 1)',
    ]);
    expect(texts(validateDeleteOptions({ propagationPolicy: 'X' }))[0]).toContain('propagationPolicy: Unsupported value: "X"');
  });
});

import { describe, expect, it } from '@jest/globals';
import { defaultPodSecurity, parsePodSecurity } from './configuration.ts';
import { type Policy, policyOf, shown } from './policy.ts';

const p = (label: string): string => `pod-security.kubernetes.io/${label}`;
const text = (policy: Policy): string => [policy.enforce, policy.audit, policy.warn].map((each) => shown(each)).join(' ');
const read = (labels: Record<string, string>, defaults = defaultPodSecurity.defaults) => {
  const { policy, errors } = policyOf(labels, defaults);
  return [text(policy), ...errors.map(({ field, message }) => `${field}: ${message}`)];
};
const strict: Policy = {
  enforce: { level: 'restricted', version: 30 },
  audit: { level: 'baseline', version: 'latest' },
  warn: { level: 'restricted', version: 'latest' },
};

describe('labels of a namespace', () => {
  const levels = 'must be one of privileged, baseline, restricted';
  const field = (label: string): string => `metadata.labels[${p(label)}]`;
  it.each<[Record<string, string>, string[]]>([
    [{}, ['privileged:latest privileged:latest privileged:latest']],
    [{ [p('enforce')]: 'restricted', [p('warn')]: 'baseline' }, ['restricted:latest privileged:latest baseline:latest']],
    [
      { [p('enforce')]: 'baseline', [p('enforce-version')]: 'v1.24', [p('audit-version')]: 'v1.0', [p('warn-version')]: 'latest' },
      ['baseline:v1.24 privileged:v1.0 privileged:latest'],
    ],
    [
      { [p('enforce')]: 'Restricted' },
      ['restricted:latest privileged:latest privileged:latest', `${field('enforce')}: Invalid value: "Restricted": ${levels}`],
    ],
    [
      { [p('warn')]: '', [p('audit')]: 'x' },
      [
        'privileged:latest privileged:latest privileged:latest',
        `${field('audit')}: Invalid value: "x": ${levels}`,
        `${field('warn')}: Invalid value: "": ${levels}`,
      ],
    ],
    ...['v1', '1.24', 'v1.024', 'v2.0', 'v1.-1', 'v1.1.1', 'v1.99999999999999999999'].map((version): [Record<string, string>, string[]] => [
      { [p('enforce-version')]: version },
      [
        'privileged:latest privileged:latest privileged:latest',
        `${field('enforce-version')}: Invalid value: "${version}": must be "latest" or "v1.x"`,
      ],
    ]),
    [{ [p('enforce-version')]: 'v1.99' }, ['privileged:v1.99 privileged:latest privileged:latest']],
  ])('%j', (labels, want) => {
    expect(read(labels)).toEqual(want);
  });

  it('go before the defaults, each by itself', () => {
    expect(read({ [p('enforce')]: 'privileged' }, strict)).toEqual(['privileged:v1.30 baseline:latest restricted:latest']);
    expect(read({ [p('warn')]: 'odd' }, strict)[0]).toBe('restricted:v1.30 baseline:latest privileged:latest');
  });
});

describe('the configuration', () => {
  const alone = (body: string): string => `apiVersion: pod-security.admission.config.k8s.io/v1\nkind: PodSecurityConfiguration\n${body}`;
  const inside = (body: string): string =>
    `apiVersion: apiserver.config.k8s.io/v1\nkind: AdmissionConfiguration\nplugins:\n- name: Other\n  configuration: {}\n- name: PodSecurity\n  configuration:\n${alone(
      body,
    ).replaceAll(/^/gm, '    ')}`;
  const body =
    'defaults: {enforce: baseline, enforce-version: v1.30, warn: restricted}\nexemptions: {usernames: [u], namespaces: [ns], runtimeClasses: [r]}';

  it.each([
    ['alone', alone],
    ['inside that of all plugins', inside],
  ])('%s', (_how, wrap) => {
    const { defaults, exemptions } = parsePodSecurity(wrap(body));
    expect(text(defaults)).toBe('baseline:v1.30 privileged:latest restricted:latest');
    expect([...exemptions.usernames, ...exemptions.namespaces, ...exemptions.runtimeClasses]).toEqual(['u', 'ns', 'r']);
  });

  it('of others is none', () => {
    const others = 'apiVersion: apiserver.config.k8s.io/v1\nkind: AdmissionConfiguration\nplugins: []';
    expect(parsePodSecurity(others)).toEqual(defaultPodSecurity);
  });

  it.each([
    [alone('defaults: {enforce: strict}'), 'defaults.enforce: Invalid value: "strict": must be one of privileged, baseline, restricted'],
    [alone('defaults: {warn-version: "1.2"}'), 'defaults.warn-version: Invalid value: "1.2": must be "latest" or "v1.x"'],
    [alone('defaults: {enforced: baseline}'), 'defaults.enforced: Invalid value: "baseline": unknown field'],
    [alone('exemptions: {namespaces: [A]}'), 'exemptions.namespaces[0]: Invalid value: "A": a lowercase RFC 1123 label'],
    [
      alone('exemptions: {usernames: [a, a, ""]}'),
      'exemptions.usernames[1]: Duplicate value: "a"; exemptions.usernames[2]: Required value',
    ],
    [alone('exemptions: {namespaces: [n]}'), 'exemptions.namespaces[0]: Invalid value: false: must be a string'], // YAML 1.1
    [alone('exempt: {}'), 'exempt: Invalid value: {}: unknown field'],
    ['apiVersion: v1\nkind: ConfigMap', 'no kind "ConfigMap" is registered for version "v1"'],
  ])('%s is refused', (given, why) => {
    expect(() => parsePodSecurity(given)).toThrow(why);
  });
});

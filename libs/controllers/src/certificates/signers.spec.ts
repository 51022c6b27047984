import type { CertificateRequestContent } from '#pki';
import { signerRules, signers } from './signers.ts';

const content = (changes: Partial<CertificateRequestContent> = {}): CertificateRequestContent => ({
  commonName: 'system:node:n1',
  organizations: ['system:nodes'],
  dnsNames: [],
  ipAddresses: [],
  emailAddresses: [],
  uris: [],
  ...changes,
});
const fault = (signer: string, changes: Partial<CertificateRequestContent>, usages: string): string | undefined =>
  signerRules[signer]?.(content(changes), usages.split(', '));
const client = 'client auth, digital signature';
const server = 'server auth, digital signature';

describe('built-in signers', () => {
  it.each<[string, Partial<CertificateRequestContent>, string, string | undefined]>([
    ['a node', {}, client, undefined],
    ['a node with an RSA key', {}, `${client}, key encipherment`, undefined],
    ['another group', { organizations: ['dev'] }, client, 'subject organization is not system:nodes'],
    ['more groups', { organizations: ['system:nodes', 'system:masters'] }, client, 'subject organization is not system:nodes'],
    ['another name', { commonName: 'ann' }, client, 'subject common name does not begin with system:node:'],
    ['a DNS name', { dnsNames: ['a'] }, client, 'DNS subjectAltNames are not allowed'],
    ['an address', { ipAddresses: ['10.0.0.1'] }, client, 'IP subjectAltNames are not allowed'],
    ['a mail address', { emailAddresses: ['a@b.c'] }, client, 'Email subjectAltNames are not allowed'],
    ['a URI', { uris: ['a:b'] }, client, 'URI subjectAltNames are not allowed'],
    ['a server', {}, `${client}, server auth`, 'usages did not match [client auth digital signature key encipherment]'],
    ['too few usages', {}, 'client auth', 'usages did not match [client auth digital signature key encipherment]'],
  ])('sign for a kubelet as client: %s', (_name, changes, usages, want) =>
    expect(fault(signers.kubeletClient, changes, usages)).toBe(want),
  );

  it.each<[string, Partial<CertificateRequestContent>, string, string | undefined]>([
    ['with an address', { ipAddresses: ['10.0.0.1'] }, server, undefined],
    ['with a name, and an RSA key', { dnsNames: ['n1'] }, `${server}, key encipherment`, undefined],
    ['with neither', {}, server, 'DNS or IP subjectAltName is required'],
    ['with a URI', { dnsNames: ['n1'], uris: ['a:b'] }, server, 'URI subjectAltNames are not allowed'],
    ['with a mail address', { dnsNames: ['n1'], emailAddresses: ['a@b'] }, server, 'Email subjectAltNames are not allowed'],
    ['of another group', { organizations: [], dnsNames: ['n1'] }, server, 'subject organization is not system:nodes'],
    ['of another name', { commonName: 'n1', dnsNames: ['n1'] }, server, 'subject common name does not begin with system:node:'],
    ['as client', { dnsNames: ['n1'] }, client, 'usages did not match [digital signature key encipherment server auth]'],
  ])('sign for a kubelet as server: %s', (_name, changes, usages, want) =>
    expect(fault(signers.kubeletServing, changes, usages)).toBe(want),
  );

  it.each<[string, string | undefined]>([
    ['client auth', undefined],
    [`${client}, key encipherment`, undefined],
    ['digital signature', 'missing required usage for client certificate: client auth'],
    [`${client}, server auth`, 'invalid usage for client certificate: server auth'],
  ])('sign for clients of the API: %s', (usages, want) => expect(fault(signers.client, { commonName: 'ann' }, usages)).toBe(want));

  it('the legacy one signs anything, and others are not built in', () => {
    expect(fault(signers.legacy, {}, 'any')).toBeUndefined();
    expect(Object.keys(signerRules)).toEqual(Object.values(signers));
  });
});

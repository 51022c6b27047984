import { ApiError, type KubeObject } from '#api';
import type { ServiceAccount } from '#api/types';
import type { KindIo } from '../../contract.ts';
import { storedPod } from '../../testing.ts';
import { requestToken } from './token.ts';

const account: ServiceAccount = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 's', namespace: 'default', uid: 'u' } };
const pods = [
  storedPod({ spec: { serviceAccountName: 's' } }),
  storedPod({ metadata: { name: 'b' }, spec: { serviceAccountName: 'other' } }),
];

const issued: unknown[] = [];
const token = `h.${btoa(JSON.stringify({ aud: ['https://api'] }))}.s`;
const io = {
  get: (_gvk: unknown, _namespace: string, name: string) => pods.find((pod) => pod.metadata.name === name),
  tokens: {
    issue: (claims: unknown) => {
      issued.push(claims);
      return Promise.resolve({ token, expires: new Date('2026-01-01T01:00:00.123Z') });
    },
  },
} as unknown as KindIo;

const request = (spec: object): KubeObject =>
  ({ apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', metadata: {}, spec }) as KubeObject;
const refusal = async (spec: object): Promise<string> => {
  try {
    await requestToken(account, request(spec), io);
  } catch (err) {
    if (err instanceof ApiError) return err.message;
    throw err;
  }
  return '';
};

describe('a token request', () => {
  it('answers a token that dies with the pod it is bound to', async () => {
    const answer = await requestToken(
      account,
      request({ audiences: ['x'], boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'a' } }),
      io,
    );
    expect(answer).toMatchObject({
      status: { token, expirationTimestamp: '2026-01-01T01:00:00Z' },
      spec: { expirationSeconds: 3600 },
    });
    expect(issued.at(-1)).toMatchObject({ name: 's', uid: 'u', audiences: ['x'], bound: { kind: 'Pod', name: 'a', uid: 'u1' } });
  });

  it('says that a token without named audiences is for the API', async () => {
    expect(await requestToken(account, request({}), io)).toMatchObject({ spec: { audiences: ['https://api'] } });
  });

  it.each([
    [
      { expirationSeconds: 1 },
      'TokenRequest.authentication.k8s.io "" is invalid: spec.expirationSeconds: Invalid value: 1: may not specify a duration less than 10 minutes',
    ],
    [{ boundObjectRef: { kind: 'Pod', name: 'gone' } }, 'pods "gone" not found'],
    [
      { boundObjectRef: { kind: 'Pod', name: 'b' } },
      'cannot bind token for serviceaccount "s" to pod running with different serviceaccount name.',
    ],
    [
      { boundObjectRef: { kind: 'Pod', name: 'a', uid: 'old' } },
      'Operation cannot be fulfilled on pods "a": the UID in the bound object reference (old) does not match the UID in record. The object might have been deleted and then recreated',
    ],
  ])('is refused for %j', async (spec, want) => expect(await refusal(spec)).toBe(want));
});

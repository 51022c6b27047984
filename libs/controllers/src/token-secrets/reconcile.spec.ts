import type { Secret, ServiceAccount } from '#api/types';
import { type Action, reconcile } from './reconcile.ts';

const account: ServiceAccount = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { namespace: 'dev', name: 'app', uid: 'u1' } };
const secret = (data?: Secret['data'], uid?: string): Secret => ({
  apiVersion: 'v1',
  kind: 'Secret',
  type: 'kubernetes.io/service-account-token',
  metadata: {
    namespace: 'dev',
    name: 'app-token',
    annotations: { 'kubernetes.io/service-account.name': 'app', ...(uid && { 'kubernetes.io/service-account.uid': uid }) },
  },
  data,
});
const rootCa = btoa('PEM');
const whole = { 'ca.crt': rootCa, namespace: btoa('dev'), token: btoa('t') };
const plan = (one: Secret, of: ServiceAccount | undefined = account): readonly Action[] =>
  reconcile({ ...(of && { account: of }), secrets: [one], rootCa }).actions;

describe('a Secret for a token', () => {
  it('is filled with all that a client needs', () => {
    const { token: _unsigned, ...data } = whole;
    expect(plan(secret())).toEqual([{ do: 'fill', secret: secret(data, 'u1'), account: { name: 'app', uid: 'u1' } }]);
  });

  it('keeps the token and whatever else is in it', () => {
    const given = { token: btoa('t'), extra: btoa('x') };
    expect(plan(secret(given, 'u1'))).toEqual([{ do: 'fill', secret: secret({ ...whole, extra: btoa('x') }, 'u1') }]);
  });

  it('is left alone when it is whole', () => expect(plan(secret(whole, 'u1'))).toEqual([]));

  it('gets the authority that is trusted now', () => {
    expect(plan(secret({ ...whole, 'ca.crt': btoa('old') }, 'u1'))).toEqual([{ do: 'fill', secret: secret(whole, 'u1') }]);
  });

  it('goes with its account, also when another of that name has come', () => {
    expect(reconcile({ secrets: [secret(whole, 'u1')], rootCa }).actions).toEqual([{ do: 'delete', secret: secret(whole, 'u1') }]);
    expect(plan(secret(whole, 'u0'))).toEqual([{ do: 'delete', secret: secret(whole, 'u0') }]);
  });

  it('is left alone when it is going', () => {
    const going = secret();
    going.metadata.deletionTimestamp = '2026-01-01T00:00:00Z';
    expect(plan(going)).toEqual([]);
  });
});

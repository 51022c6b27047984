import { complaintsAbout, created, type Json, updated } from '../../testing.ts';
import { secret } from './kind.ts';

const base64 = (text: string): string => btoa(text);

describe('a secret', () => {
  const cases: { name: string; body: Json; want: string[] }[] = [
    { name: 'of no type is Opaque and takes anything', body: { data: { a: base64('x') } }, want: [] },
    {
      name: 'of a pair of keys has both',
      body: { type: 'kubernetes.io/tls', data: { 'tls.crt': '' } },
      want: ['data[tls.key]: Required value'],
    },
    {
      name: 'of a token names the account',
      body: { type: 'kubernetes.io/service-account-token' },
      want: ['metadata.annotations[kubernetes.io/service-account.name]: Required value'],
    },
    { name: 'of a user needs a name or a password', body: { type: 'kubernetes.io/basic-auth', stringData: { password: 'x' } }, want: [] },
    {
      name: 'of registry credentials holds JSON',
      body: { type: 'kubernetes.io/dockerconfigjson', stringData: { '.dockerconfigjson': 'notjson' } },
      want: [
        "data[.dockerconfigjson]: Invalid value: \"<secret contents redacted>\": invalid character 'o' in literal null (expecting 'u')",
      ],
    },
    {
      name: 'of registry credentials holds an object',
      body: { type: 'kubernetes.io/dockerconfigjson', stringData: { '.dockerconfigjson': '[]' } },
      want: [
        'data[.dockerconfigjson]: Invalid value: "<secret contents redacted>": json: cannot unmarshal array into Go value of type map[string]interface {}',
      ],
    },
  ];
  it.each(cases)('$name', ({ body, want }) => expect(complaintsAbout(secret, body)).toEqual(want));

  it('takes text and keeps bytes', () => {
    const object = created(secret, { stringData: { a: 'grüß' }, data: { a: base64('old'), b: base64('y') } });
    expect(object).toMatchObject({ type: 'Opaque', data: { a: 'Z3LDvMOf', b: base64('y') } });
    expect(object).not.toHaveProperty('stringData');
  });

  it('keeps its type', () => {
    const opaque = created(secret, {});
    expect(updated(secret, opaque, { metadata: opaque.metadata, type: 'example.com/x' }).complaints).toEqual([
      'type: Invalid value: "example.com/x": field is immutable',
    ]);
  });
});

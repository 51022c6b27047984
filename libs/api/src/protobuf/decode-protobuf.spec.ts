import { describe, expect, it } from '@jest/globals';
import { decodeBody } from '../decode/decode.ts';
import { builtinTypes } from '../type-table/builtin-types.ts';
import { decodeProtobuf } from './decode-protobuf.ts';

type Part = [number, string | Buffer | number | Part[]];

function varint(value: number | bigint): Buffer {
  let left = BigInt.asUintN(64, BigInt(value));
  const bytes: number[] = [];
  for (; left > 127n; left >>= 7n) bytes.push(Number(left & 127n) | 128);
  return Buffer.from([...bytes, Number(left)]);
}
const message = (parts: Part[]): Buffer =>
  Buffer.concat(
    parts.flatMap(([field, value]) => {
      if (typeof value === 'number') return [varint(field * 8), varint(value)];
      const body = Array.isArray(value) ? message(value) : Buffer.from(value as string);
      return [varint(field * 8 + 2), varint(body.length), body];
    }),
  );
const envelope = (apiVersion: string, kind: string, parts: Part[]): Buffer =>
  Buffer.concat([
    Buffer.from('k8s\0'),
    message([
      [
        1,
        [
          [1, apiVersion],
          [2, kind],
        ],
      ],
      [2, message(parts)],
    ]),
  ]);

const none = { apiVersion: '', kind: '' };

describe('protobuf bodies', () => {
  it('become what their JSON would be', () => {
    const bytes = envelope('v1', 'Pod', [
      [
        1,
        [
          [1, 'p'],
          [8, []],
          [
            11,
            [
              [1, 'app'],
              [2, 'x'],
            ],
          ],
          [99, 'of a newer client'],
        ],
      ],
      [
        2,
        [
          [
            1,
            [
              [1, 'v'],
              [2, [[2, [[1, 'Memory']]]]],
            ],
          ],
          [
            2,
            [
              [1, 'c'],
              [2, 'img'],
              [
                6,
                [
                  [1, 'http'],
                  [3, -1],
                ],
              ],
              [
                8,
                [
                  [
                    1,
                    [
                      [1, 'cpu'],
                      [2, [[1, '100m']]],
                    ],
                  ],
                ],
              ],
            ],
          ],
          [4, 30],
        ],
      ],
    ]);
    expect(decodeProtobuf(builtinTypes, bytes, none)).toEqual({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'p', creationTimestamp: null, labels: { app: 'x' } },
      spec: {
        volumes: [{ name: 'v', emptyDir: { medium: 'Memory' } }],
        containers: [{ name: 'c', image: 'img', ports: [{ name: 'http', containerPort: -1 }], resources: { limits: { cpu: '100m' } } }],
        terminationGracePeriodSeconds: 30,
      },
    });
  });

  it('are objects of the kind that the request expects', () => {
    const gvk = { group: 'authorization.k8s.io', version: 'v1', kind: 'SelfSubjectAccessReview' };
    const bytes = envelope('authorization.k8s.io/v1', gvk.kind, [
      [
        2,
        [
          [
            1,
            [
              [1, 'default'],
              [2, 'get'],
              [5, 'pods'],
            ],
          ],
        ],
      ],
    ]);
    expect(decodeBody(builtinTypes, bytes, { gvk, mediaType: 'application/vnd.kubernetes.protobuf' })).toMatchObject({
      spec: { resourceAttributes: { namespace: 'default', verb: 'get', resource: 'pods' } },
    });
  });

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['JSON', Buffer.from('{"kind":"Pod"}')],
    ['half a message', envelope('v1', 'Pod', [[1, [[1, 'p']]]]).subarray(0, -2)],
  ])('are refused when they are %s', (_what, bytes) => {
    const gvk = { group: '', version: 'v1', kind: 'Pod' };
    expect(() => decodeBody(builtinTypes, bytes, { gvk, mediaType: 'application/vnd.kubernetes.protobuf' })).toThrow(
      'the object provided is unrecognized (must be of type Pod)',
    );
  });
});

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

  const raw = (...bytes: number[]): Buffer => Buffer.from(bytes);
  const configMap = (more: Buffer): Buffer =>
    Buffer.concat([
      Buffer.from('k8s\0'),
      message([
        [
          1,
          message([
            [1, 'v1'],
            [2, 'ConfigMap'],
          ]),
        ],
        [2, Buffer.concat([message([[1, [[1, 'a']]]]), more])],
      ]),
    ]);
  it.each([
    ['a number for a message', raw(1 * 8, 7), 'proto: wrong wireType = 0 for field metadata'],
    ['four bytes for a message', raw(1 * 8 + 5, 0, 0, 0, 0), 'proto: wrong wireType = 5 for field metadata'],
    ['a block for a flag', raw(4 * 8 + 2, 1, 1), 'proto: wrong wireType = 2 for field immutable'],
    ['a number for the entry of a map', raw(2 * 8, 1), 'proto: wrong wireType = 0 for field data'],
    ['field 0', raw(2, 0), 'proto: illegal tag 0 (wire type 2)'],
    ['the end of a group that did not begin', raw(15 * 8 + 4), 'proto: unexpected end of group'],
    ['a group that does not end', raw(15 * 8 + 3, 15 * 8 + 3, 15 * 8 + 4), 'unexpected EOF'],
    ['an unknown field that is cut off', raw(15 * 8 + 1, 0, 0), 'unexpected EOF'],
    ['a type that there is not', raw(15 * 8 + 7), 'proto: illegal wireType 7'],
  ])('are refused with %s', (_what, more, message_) => {
    expect(() => decodeProtobuf(builtinTypes, configMap(more), none)).toThrow(message_);
  });

  it.each([
    ['a group within a group', raw(15 * 8 + 3, 14 * 8 + 3, 8, 1, 14 * 8 + 4, 13 * 8 + 2, 1, 0x78, 15 * 8 + 4)],
    ['fixed numbers', raw(15 * 8 + 1, 0, 0, 0, 0, 0, 0, 0, 0, 14 * 8 + 5, 0, 0, 0, 0)],
  ])('drop of a newer client: %s', (_what, more) => {
    expect(decodeProtobuf(builtinTypes, configMap(more), none)).toMatchObject({ metadata: { name: 'a' } });
  });
});

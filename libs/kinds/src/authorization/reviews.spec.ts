import { describe, expect, it } from '@jest/globals';
import type { LocalSubjectAccessReview, SelfSubjectAccessReview, SelfSubjectRulesReview, SubjectAccessReview } from '#api/types';
import type { AuthorizationAttributes, KindIo, UserInfo } from '../contract.ts';
import { localSubjectAccessReview } from './local-subject-access-review/kind.ts';
import { selfSubjectAccessReview } from './self-subject-access-review/kind.ts';
import { selfSubjectRulesReview } from './self-subject-rules-review/kind.ts';
import { subjectAccessReview } from './subject-access-review/kind.ts';

const asked: { user: string; attributes: AuthorizationAttributes }[] = [];
const io = {
  caller: { username: 'me', groups: ['g'] },
  authorize: async (user: UserInfo, attributes: AuthorizationAttributes) => {
    asked.push({ user: user.username, attributes });
    return { allowed: attributes.verb === 'get', reason: attributes.verb === 'get' ? '' : 'no' };
  },
  rules: () => ({ resourceRules: [{ verbs: ['get'] }], nonResourceRules: [], incomplete: false }),
} as unknown as KindIo;
const metadata = {};
const pods = { verb: 'get', resource: 'pods', namespace: 'dev', name: 'p', subresource: 'log' };

describe('reviews', () => {
  it('of the caller', async () => {
    const review = { metadata, spec: { resourceAttributes: pods } } as SelfSubjectAccessReview;
    expect(selfSubjectAccessReview.validate(review)).toEqual([]);
    expect((await selfSubjectAccessReview.answer?.(review, io, { dryRun: false }))?.status).toEqual({ allowed: true });
    expect(asked.at(-1)).toEqual({ user: 'me', attributes: { ...pods, group: '' } });
  });
  it('of somebody and a path', async () => {
    const review = { metadata, spec: { user: 'bob', nonResourceAttributes: { path: '/metrics', verb: 'put' } } } as SubjectAccessReview;
    expect((await subjectAccessReview.answer?.(review, io, { dryRun: false }))?.status).toEqual({ allowed: false, reason: 'no' });
    expect(asked.at(-1)).toMatchObject({ user: 'bob', attributes: { verb: 'put', nonResourcePath: '/metrics' } });
  });
  it.each([
    [
      { rawSelector: 'spec.nodeName=n1,a!=b' },
      [
        ['a', '!=', 'b'],
        ['spec.nodeName', '=', 'n1'],
      ],
    ],
    [{ rawSelector: 'nonsense' }, []],
    [{ requirements: [{ key: 'spec.nodeName', operator: 'In', values: ['n1'] }] }, [['spec.nodeName', '=', 'n1']]],
    [
      {
        requirements: [
          { key: 'a', operator: 'NotIn', values: ['b'] },
          { key: 'c', operator: 'Exists' },
        ],
      },
      [['a', '!=', 'b']],
    ],
    [{ requirements: [{ key: 'a', operator: 'In', values: ['b', 'c'] }] }, []],
  ])('of a list that is narrowed: %j', async (fieldSelector, want) => {
    const review = { metadata, spec: { resourceAttributes: { ...pods, verb: 'list', fieldSelector } } } as SelfSubjectAccessReview;
    await selfSubjectAccessReview.answer?.(review, io, { dryRun: false });
    const { fieldSelector: asks = [] } = asked.at(-1)!.attributes;
    expect(asks.map(({ field, operator, value }) => [field, operator, value])).toEqual(want);
  });
  it('of all that the caller may do', async () => {
    const review = { metadata, spec: { namespace: 'dev' } } as SelfSubjectRulesReview;
    expect((await selfSubjectRulesReview.answer?.(review, io, { dryRun: false }))?.status).toMatchObject({
      resourceRules: [{ verbs: ['get'] }],
      incomplete: false,
    });
    await expect(selfSubjectRulesReview.answer?.({ metadata, spec: {} } as SelfSubjectRulesReview, io, { dryRun: false })).rejects.toThrow(
      'no namespace on request',
    );
  });
  it.each([
    [
      {},
      ['exactly one of nonResourceAttributes or resourceAttributes must be specified', 'at least one of user or group must be specified'],
    ],
    [
      { user: 'x', resourceAttributes: pods, nonResourceAttributes: { path: '/' } },
      ['cannot be specified in combination with resourceAttributes'],
    ],
  ])('are refused: %j', (spec, complaints) => {
    const errors = subjectAccessReview.validate({ metadata, spec } as SubjectAccessReview);
    expect(errors.map(({ message }) => message.slice(message.lastIndexOf(': ') + 2))).toEqual(complaints);
  });
  it('in a namespace are of that namespace', () => {
    const review = { metadata: { namespace: 'a' }, spec: { user: 'x', resourceAttributes: pods } } as LocalSubjectAccessReview;
    expect(localSubjectAccessReview.validate(review)).toMatchObject([{ field: 'spec.resourceAttributes.namespace' }]);
  });
});

import { labelMatcher } from '#api';
import { claim } from './owner-references.ts';

const selector = labelMatcher({ matchLabels: { app: 'a' } });
const owner = (deletionTimestamp?: string) => ({
  apiVersion: 'apps/v1',
  kind: 'ReplicaSet',
  metadata: { name: 'o', uid: 'me', deletionTimestamp },
});
const object = (labels: Record<string, string>, controller?: string, deletionTimestamp?: string) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name: 'p',
    labels,
    deletionTimestamp,
    ...(controller && { ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'o', uid: controller, controller: true }] }),
  },
});
const chosen = { app: 'a' };
const other = { app: 'b' };

describe('whose an object is', () => {
  it.each([
    ['ours and chosen', owner(), object(chosen, 'me'), 'owned'],
    ['ours, no longer chosen', owner(), object(other, 'me'), 'release'],
    ['ours, no longer chosen, but the owner goes', owner('t'), object(other, 'me'), undefined],
    ['somebody else’s', owner(), object(chosen, 'you'), undefined],
    ['nobody’s and chosen', owner(), object(chosen), 'adopt'],
    ['nobody’s and chosen, but going', owner(), object(chosen, undefined, 't'), undefined],
    ['nobody’s and chosen, but the owner goes', owner('t'), object(chosen), undefined],
    ['nobody’s and not chosen', owner(), object(other), undefined],
  ])('%s', (_case, by, one, want) => {
    const claimed = claim(by, selector, [one]);
    const found = Object.entries(claimed).find(([, objects]) => objects.length > 0)?.[0];
    expect(found).toBe(want);
  });
});

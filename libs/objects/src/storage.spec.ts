import type { ObjectMeta } from '#api';
import { accessModesText, claimClassOf, isDefaultClass, storageNames, volumeClassOf } from './storage.ts';

const metadata = (annotations: Record<string, string> = {}): ObjectMeta => ({ name: 'a', annotations });
const beta = { [storageNames.betaStorageClass]: 'old' };

describe('the class of a claim', () => {
  it.each([
    [{ metadata: metadata(), spec: {} }, undefined],
    [{ metadata: metadata(), spec: { storageClassName: '' } }, ''],
    [{ metadata: metadata(), spec: { storageClassName: 'new' } }, 'new'],
    [{ metadata: metadata(beta), spec: { storageClassName: 'new' } }, 'old'],
  ])('of %j is %j', (claim, want) => expect(claimClassOf(claim)).toBe(want));

  it('of a volume is none unless it has one', () => {
    expect([{}, { storageClassName: 'new' }].map((spec) => volumeClassOf({ metadata: metadata(), spec }))).toEqual(['', 'new']);
    expect(volumeClassOf({ metadata: metadata(beta), spec: {} })).toBe('old');
  });

  it.each([
    [{}, false],
    [{ [storageNames.defaultClass]: 'true' }, true],
    [{ [storageNames.betaDefaultClass]: 'true' }, true],
    [{ [storageNames.defaultClass]: 'yes' }, false],
  ])('%j makes it the default: %j', (annotations, want) => expect(isDefaultClass({ metadata: metadata(annotations) })).toBe(want));
});

it('access modes are shown once each, in one order', () => {
  expect(accessModesText(['ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOnce'])).toBe('RWO,RWX');
  expect(accessModesText(['ReadWriteOncePod', 'ReadOnlyMany'])).toBe('ROX,RWOP');
  expect(accessModesText(undefined)).toBe('');
});

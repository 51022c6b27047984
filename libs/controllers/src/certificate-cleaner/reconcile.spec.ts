import type { CertificateSigningRequest } from '#api/types';
import { reconcile } from './reconcile.ts';

const now = new Date('2026-06-02T12:00:00Z');
const ago = (minutes: number): string => new Date(now.getTime() - minutes * 60_000).toISOString();
const request = (createdAgo: number, ...conditions: [string, number][]): CertificateSigningRequest => ({
  apiVersion: 'certificates.k8s.io/v1',
  kind: 'CertificateSigningRequest',
  metadata: { name: 'r', creationTimestamp: ago(createdAgo) },
  spec: { request: '', signerName: 'a.b/c' },
  status: { conditions: conditions.map(([type, minutes]) => ({ type, status: 'True', lastUpdateTime: ago(minutes) })) },
});
const day = 24 * 60;

it.each<[string, CertificateSigningRequest, Date | undefined, boolean]>([
  ['undecided for a day', request(day), undefined, false],
  ['undecided for longer', request(day + 1), undefined, true],
  ['approved an hour ago', request(day, ['Approved', 60]), undefined, false],
  ['approved before', request(day, ['Approved', 61]), undefined, true],
  ['denied before', request(day, ['Denied', 61]), undefined, true],
  ['failed before', request(day, ['Approved', 10], ['Failed', 61]), undefined, true],
  ['marked otherwise', request(day * 3, ['Seen', 61]), undefined, false],
  ['over with its certificate', request(30, ['Approved', 10]), new Date(now.getTime() - 1), true],
  ['as good as its certificate', request(30, ['Approved', 10]), new Date(now.getTime() + 1), false],
])('a request that is %s: taken away is %s', (_name, given, ends, want) => {
  const { actions } = reconcile({ requests: [{ request: given, ...(ends && { ends }) }] }, now);
  expect(actions).toEqual(want ? [{ do: 'delete', request: given }] : []);
});

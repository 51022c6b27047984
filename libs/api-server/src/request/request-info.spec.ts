import { describe, expect, it } from '@jest/globals';
import { parseRequestInfo } from './request-info.ts';

const info = (request: string) => {
  const [method = '', url = ''] = request.split(' ');
  const [path = '', query = ''] = url.split('?');
  const { verb, name, fieldSelector } = parseRequestInfo(method, path, new URLSearchParams(query));
  return [verb, name, fieldSelector.map(({ field, operator, value }) => `${field}${operator}${value}`).join()];
};

describe('what authorizers are asked', () => {
  it.each([
    ['GET /api/v1/pods', ['list', '', '']],
    ['GET /api/v1/pods?watch=1&fieldSelector=spec.nodeName%3Dn1', ['watch', '', 'spec.nodeName=n1']],
    ['GET /api/v1/nodes?fieldSelector=metadata.name%3D%3Dn1', ['list', 'n1', 'metadata.name=n1']],
    ['GET /api/v1/nodes?fieldSelector=metadata.name!%3Dn1', ['list', '', 'metadata.name!=n1']],
    [
      'GET /api/v1/namespaces/a/secrets?fieldSelector=metadata.namespace!%3Dx%5C,metadata.name%5C%3Ds',
      ['list', '', 'metadata.namespace!=x,metadata.name=s'],
    ],
    ['GET /api/v1/pods?fieldSelector=nonsense', ['list', '', '']],
    ['DELETE /api/v1/namespaces/a/pods?fieldSelector=metadata.name%3Dp', ['deletecollection', '', 'metadata.name=p']],
    // The path names what is watched, whatever the query says.
    ['GET /api/v1/watch/namespaces/a/pods/p?fieldSelector=spec.nodeName%3Dn1', ['watch', 'p', '']],
    ['GET /api/v1/watch/pods?fieldSelector=spec.nodeName%3Dn1', ['watch', '', 'spec.nodeName=n1']],
    ['GET /api/v1/namespaces/a/pods/p?fieldSelector=spec.nodeName%3Dn1', ['get', 'p', '']],
    ['POST /api/v1/namespaces/a/pods?fieldSelector=spec.nodeName%3Dn1', ['create', '', '']],
  ])('%s', (request, want) => {
    expect(info(request)).toEqual(want);
  });
});

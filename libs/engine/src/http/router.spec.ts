import type { Endpoint } from './endpoint.ts';
import { Router, splitVersion } from './router.ts';

const endpoint = (method: Endpoint['method'], path: string): Endpoint => ({ method, path, handle: async () => ({ status: 204 }) });

describe('the router', () => {
  const router = new Router([
    endpoint('GET', '/images/{name...}/json'),
    endpoint('GET', '/images/json'),
    endpoint('GET', '/containers/{name}/json'),
    endpoint('POST', '/containers/create'),
    endpoint('POST', '/containers/{name}/start'),
  ]);

  it.each([
    ['GET', '/images/json', '/images/json', {}],
    ['HEAD', '/images/json', '/images/json', {}],
    ['GET', '/images/a/b:1/json', '/images/{name...}/json', { name: 'a/b:1' }],
    ['GET', '/images/localhost:5000%2Fa/json', '/images/{name...}/json', { name: 'localhost:5000/a' }],
    ['GET', '/containers/x/json', '/containers/{name}/json', { name: 'x' }],
    ['POST', '/containers/create', '/containers/create', {}],
  ])('%s %s', (method, path, want, params) => {
    const route = router.find(method, path);
    expect([route?.endpoint.path, Object.fromEntries(route?.params ?? [])]).toEqual([want, params]);
  });

  it.each([
    ['GET', '/containers/x/y/json'],
    ['POST', '/images/json'],
    ['GET', '/nope'],
    ['GET', '/containers/%zz/json'],
    ['GET', '/containers//json'],
  ])('%s %s is not found', (method, path) => expect(router.find(method, path)).toBeUndefined());
});

describe('the version of a path', () => {
  it.each([
    ['/v1.43/info', { version: [1, 43], rest: '/info' }],
    ['/info', { version: undefined, rest: '/info' }],
    ['/v1/info', { version: undefined, rest: '/v1/info' }],
    ['/v1.43', { version: undefined, rest: '/v1.43' }],
  ])('%s', (path, want) => expect(splitVersion(path)).toEqual(want));
});

import { parseRequestInfo } from '../request/request-info.ts';
import { restOf } from './connect.ts';

it.each([
  ['/api/v1/namespaces/d/pods/p/proxy', ''],
  ['/api/v1/namespaces/d/pods/p/proxy/', '/'],
  ['/api/v1/namespaces/d/pods/p/proxy/a//b/%2fc/..;/', '/a//b/%2fc/..;/'],
  ['/api/v1/namespaces/d/pods/p/proxy//a', '//a'],
  ['/api/v1/namespaces/proxy/pods/proxy/proxy/proxy/proxy', '/proxy/proxy'],
  ['/api/v1/namespaces/d/services/https:s:443/proxy/a', '/a'],
  ['/api/v1/namespaces/d/services/https%3As%3A443/proxy/a', '/a'],
  ['/api/v1/namespaces/d/services/https%3as%3a443/proxy/a', '/a'],
  ['/api/v1/namespaces/d/pods/%70/%70roxy/a', '/a'],
  ['//api/v1//namespaces/d/pods/p//proxy/a', '/a'],
  ['/api/v1/nodes/n:10250/proxy/metrics/', '/metrics/'],
])('%s leads to %j', (path, rest) => expect(restOf(path, parseRequestInfo('GET', path, new URLSearchParams()))).toBe(rest));

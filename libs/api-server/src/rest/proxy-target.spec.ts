import { type ProxyTarget, proxyTarget } from './proxy-target.ts';

it.each<[text: string, target: ProxyTarget | undefined]>([
  ['web', { scheme: 'http', name: 'web', port: '' }],
  ['web:80', { scheme: 'http', name: 'web', port: '80' }],
  ['web:http', { scheme: 'http', name: 'web', port: 'http' }],
  ['web:', { scheme: 'http', name: 'web', port: '' }],
  ['https:web:443', { scheme: 'https', name: 'web', port: '443' }],
  ['https:web:', { scheme: 'https', name: 'web', port: '' }],
  ['http:web:80', { scheme: 'http', name: 'web', port: '80' }],
  [':web:80', { scheme: 'http', name: 'web', port: '80' }],
  ['', undefined],
  [':80', undefined],
  ['https::443', undefined],
  ['ftp:web:21', undefined],
  ['HTTPS:web:443', undefined],
  ['https:web:443:x', undefined],
])('%j', (text, target) => expect(proxyTarget(text)).toEqual(target));

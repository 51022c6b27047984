import type { Endpoint } from '../../http/endpoint.ts';

const headers = { 'cache-control': 'no-cache, no-store, must-revalidate', pragma: 'no-cache', 'builder-version': '1' };

export const ping: Endpoint[] = (['GET', 'HEAD'] as const).map((method) => ({
  method,
  path: '/_ping',
  handle: async () => ({ status: 200, text: 'OK', headers }),
}));

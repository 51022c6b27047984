import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ManualClock } from '#base/testing';
import { prometheusApi } from './prometheus.ts';

it('asks as Prometheus has it, and says what it answers', async () => {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    const data = request.url?.includes('series')
      ? [{ __name__: 'm' }]
      : { resultType: 'vector', result: [{ metric: { a: 'b' }, value: [1.5, '2.5'] }] };
    response.end(JSON.stringify(request.url?.includes('bad') ? { status: 'error', error: 'parse error' } : { status: 'success', data }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const clock = new ManualClock();
  const api = prometheusApi(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, clock);
  expect(await api.series('m{a="b"}', 1_000)).toEqual([{ __name__: 'm' }]);
  expect(await api.query('m')).toEqual([{ labels: { a: 'b' }, value: 2.5, at: 1.5 }]);
  await expect(api.query('bad')).rejects.toThrow('unable to fetch metrics from Prometheus: parse error');
  const start = clock.now().getTime() / 1000 - 1;
  expect(asked[0]).toBe(`/api/v1/series?match%5B%5D=m%7Ba%3D%22b%22%7D&start=${start}`);
  await new Promise((resolve) => server.close(resolve));
  await expect(api.query('m')).rejects.toMatchObject({ code: 503 });
});

import { startTestServer, type TestServer } from '../testing.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ empty: true });
});
afterAll(() => server.close());

describe('the time that a request may take', () => {
  it.each(['abc', '5', '1x', 's'])('is no %s', async (timeout) => {
    expect(await server.call('GET', `/api/v1/nodes?timeout=${timeout}`)).toMatchObject({
      status: 400,
      json: { message: `invalid timeout specified in the request URL - time: invalid duration "${timeout}"` },
    });
  });

  it.each(['', '0', '0s', '1m30s', '1.5h', '-1s'])('may be %s', async (timeout) => {
    expect((await server.call('GET', `/api/v1/nodes?timeout=${timeout}`)).status).toBe(200);
  });

  it('is over when it is over, whatever the request waits for', async () => {
    const answer = await server.call('GET', '/api/v1/nodes?resourceVersion=999999&timeout=1ms');
    expect(answer).toMatchObject({
      status: 504,
      json: { reason: 'Timeout', message: 'Timeout: request did not complete within requested timeout - context deadline exceeded' },
    });
  });

  it('does not end watches', async () => {
    const answer = await server.call('GET', '/api/v1/nodes?watch=1&timeout=1ms&timeoutSeconds=1');
    expect(answer).toMatchObject({ status: 200, text: '' });
  });
});

it('names what cannot be excluded from a health check', async () => {
  const { status, text } = await server.call('GET', '/livez?verbose&exclude=nope&exclude=ping');
  expect(status).toBe(200);
  expect(text).toContain('[+]ping excluded: ok');
  expect(text).toContain('warn: some health checks cannot be excluded: no matches for "nope"\nlivez check passed');
});

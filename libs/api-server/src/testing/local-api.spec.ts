import { apiConformance } from '#client/testing';
import { startTestServer } from '../testing.ts';

apiConformance('the request pipeline', async () => {
  const server = await startTestServer({ admission: [] });
  return { api: server.api(), tooOld: () => '1', close: () => server.close() };
});

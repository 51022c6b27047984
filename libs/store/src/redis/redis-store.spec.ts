import { Registry } from 'prom-client';
import { silentLogger } from '#telemetry';
import { storeConformance } from '../conformance/store-conformance.ts';
import { RedisServer } from '../testing/redis-server.ts';
import { connectStore } from './connect-store.ts';

let server: RedisServer;
let clusters = 0;
beforeAll(async () => {
  server = await RedisServer.start();
});
afterAll(() => server.stop());

storeConformance('RedisStore', ({ clock, window }) =>
  connectStore({
    url: server.url,
    passwordFile: server.passwordFile,
    cluster: `c${clusters++}`,
    clock,
    logger: silentLogger,
    registry: new Registry(),
    ...(window !== undefined && { window }),
  }),
);

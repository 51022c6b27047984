import 'reflect-metadata';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { NestFactory } from '@nestjs/core';
import { systemClock } from '#base';
import { grpcApi } from '#client';
import { apiConformance } from '#client/testing';
import { createAuthority, issueCertificate } from '#pki';
import { silentLogger } from '#telemetry';
import { startTestServer } from '../testing.ts';
import { GrpcModule, GrpcServerStrategy } from './index.ts';

const host = '127.0.0.1';

/** Given out by the kernel a moment ago, so nobody else has it. */
async function freePort(): Promise<number> {
  const probe = createServer().listen(0, host);
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  return port;
}

apiConformance('a connection to a real api-server', async () => {
  const clock = systemClock;
  const test = await startTestServer({ admission: [] });
  const { server } = test;
  const ca = await createAuthority('test', clock.now());
  const pair = await issueCertificate(ca, { commonName: 'api', ipAddresses: [host], usages: ['server'] }, clock.now());
  const port = await freePort();
  const tls = { cert: pair.certificate, key: pair.key, ca: ca.certificate };
  const { resources: service, chain, kinds, authenticator, authorizer, nodes } = server;
  const dependencies = { service, chain, kinds, authenticator, authorizer, nodes, clock, logger: silentLogger, ready: () => server.ready };
  const strategy = new GrpcServerStrategy({ hosts: [host], port, tls, clock });
  const app = await NestFactory.createMicroservice(GrpcModule.forServer(dependencies), { strategy, logger: false });
  await app.listen();
  const user = { commonName: 'kubernetes-admin', organizations: ['system:masters'], usages: ['client' as const] };
  const { certificate, key } = await issueCertificate(ca, user, clock.now());
  const api = grpcApi({ servers: [`${host}:${port}`], ca: ca.certificate, cert: certificate, key, logger: silentLogger });
  return {
    api,
    tooOld: () => '1',
    async close() {
      api.close();
      await app.close();
      await test.close();
    },
  };
});

import type { ServiceCIDR } from '#api/types';
import { ManualClock } from '#base/testing';
import { Informers } from '#client';
import { FakeApi } from '#client/testing';
import { resources } from '#objects';
import { silentLogger } from '#telemetry';
import { ServiceRanges } from './service-ranges.ts';

const cidr = (name: string, ...cidrs: string[]): ServiceCIDR => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'ServiceCIDR',
  metadata: { name },
  spec: { cidrs },
});

it('a node routes every range of services, and those of a ServiceCIDR that is gone no longer', async () => {
  const clock = new ManualClock();
  const api = new FakeApi();
  const informers = new Informers({ api, clock, logger: silentLogger });
  const applied: string[] = [];
  const cidrs = informers.informer<ServiceCIDR>({ resource: resources.serviceCIDRs });
  const ranges = new ServiceRanges({ clock, logger: silentLogger, cidrs, apply: async (all) => void applied.push(all.join()) });
  api.put(resources.serviceCIDRs, cidr('kubernetes', '10.96.0.0/16', 'fd00:10:96::/112'));
  informers.start();
  const started = ranges.start();
  await clock.advance(50);
  await started;
  api.put(resources.serviceCIDRs, cidr('more', '10.98.0.0/24'));
  await clock.advance(50);
  api.put(resources.serviceCIDRs, { ...cidr('more', '10.98.0.0/24'), status: { conditions: [] } });
  await clock.advance(50);
  api.removeNow(resources.serviceCIDRs, '', 'more');
  await clock.advance(50);
  const first = '10.96.0.0/16,fd00:10:96::/112';
  expect(applied).toEqual([first, '10.96.0.0/16,10.98.0.0/24,fd00:10:96::/112', first]);
  ranges.stop();
  await informers.stop();
});

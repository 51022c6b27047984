import { api, namespace, percentile } from './api.ts';
import { pod, startTimes } from './pod-start.ts';
import type { Row } from './run.ts';

const claims = `/api/v1/namespaces/${namespace}/persistentvolumeclaims`;

/** A pod with a claim of its own: the volume is decided, made, bound and mounted within the time. */
export async function podStartWithClaim(): Promise<Row[]> {
  const times = await startTimes(async (name) => {
    const spec = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Mi' } } };
    await api('POST', claims, { metadata: { name }, spec });
    const volumes = [{ name: 'data', persistentVolumeClaim: { claimName: name } }];
    return api('POST', `/api/v1/namespaces/${namespace}/pods`, pod(name, { volumes }));
  });
  return [50, 99].map((p) => ({ what: `pod with a new claim, create → Running, p${p}`, value: `${percentile(times, p).toFixed(0)} ms` }));
}

import type { Container, Pod, PodSpec } from '#api/types';

/** A pod `default/a` with one container `c` of image `app:v1`, and what is given on top. */
export function pod(spec: Partial<PodSpec> = {}, { uid = 'uid-a', ...metadata }: Partial<Pod['metadata']> = {}): Pod {
  const containers: Container[] = [{ name: 'c', image: 'app:v1', imagePullPolicy: 'IfNotPresent' }];
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace: 'default', name: 'a', uid, ...metadata },
    spec: { restartPolicy: 'Always', terminationGracePeriodSeconds: 30, nodeName: 'n1', containers, ...spec },
  };
}

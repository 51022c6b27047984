/** Bodies that cost a server of little bounds hundreds of megabytes each: of keys, comments, anchors, list entries, copies. */
export function hostileBodies(): { method: string; path: string; body: string; type: string }[] {
  const create = (body: string, type: string) => ({ method: 'POST', path: '/api/v1/namespaces/default/configmaps', body, type });
  const pod = (body: object) => ({
    method: 'POST',
    path: '/api/v1/namespaces/default/pods?dryRun=All',
    body: JSON.stringify(body),
    type: 'application/json',
  });
  const lines = (count: number, line: (n: number) => string): string => Array.from({ length: count }, (_, n) => line(n)).join('\n');
  const metadata = { name: 'hostile' };
  const container = { name: 'c', image: 'none.invalid/none:1' };
  const entries = <T>(count: number, of: (n: number) => T): T[] => Array.from({ length: count }, (_, n) => of(n));
  const copies = entries(40, (n) => ({ op: 'copy', from: '/metadata', path: `/metadata/a${n}` }));
  return [
    create(`metadata: {name: hostile}\ndata:\n${lines(200_000, (n) => `  k${n}: v`)}`, 'application/yaml'),
    create(`metadata: {name: hostile}\n${lines(900_000, () => '#')}`, 'application/yaml'),
    create(`metadata: {name: hostile}\ndata:\n${lines(100_000, (n) => `  k${n}: &a${n} v`)}`, 'application/yaml'),
    create(JSON.stringify({ metadata, ...Object.fromEntries(entries(200_000, (n) => [`f${n}`, 1])) }), 'application/json'),
    create(`{"metadata":{"name":"hostile"},"data":${'['.repeat(1_000_000)}`, 'application/json'),
    create(JSON.stringify({ metadata: { ...metadata, ownerReferences: entries(900_000, () => ({})) } }), 'application/json'),
    create(JSON.stringify({ metadata, data: { text: 'é'.repeat(1_400_000) } }), 'application/json'),
    pod({ metadata, spec: { containers: [{ ...container, env: entries(40_000, (n) => ({ name: `E${n}`, value: 'v' })) }] } }),
    pod({
      metadata: { ...metadata, labels: Object.fromEntries(entries(100_000, (n) => [`l${n}`, 'v'])) },
      spec: { containers: [container] },
    }),
    pod({ metadata, spec: { containers: entries(700_000, () => ({})) } }),
    {
      method: 'PATCH',
      path: '/api/v1/namespaces/default/configmaps/hour',
      body: JSON.stringify(copies),
      type: 'application/json-patch+json',
    },
  ];
}

export const serviceCidrGvk = { group: 'networking.k8s.io', version: 'v1', kind: 'ServiceCIDR' } as const;

/** discovery.k8s.io/v1, `LabelServiceName`: whose endpoints a slice holds. */
export const serviceNameLabel = 'kubernetes.io/service-name';

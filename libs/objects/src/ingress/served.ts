import type { Ingress, IngressClass } from '#api/types';
import { ingressClassAnnotation, ingressController } from '../names.ts';

/** The class that an Ingress names, by its field or as it was done before there was one. */
export function ingressClassName({ metadata, spec }: Ingress): string | undefined {
  return spec?.ingressClassName ?? metadata.annotations?.[ingressClassAnnotation];
}

/** Whether the cluster's own ingress serves it: its class is there and says so. One that names no class is nobody's. */
export function isServedIngress(ingress: Ingress, classNamed: (name: string) => IngressClass | undefined): boolean {
  const name = ingressClassName(ingress);
  return name !== undefined && classNamed(name)?.spec?.controller === ingressController;
}

/** Whether an Ingress of the namespace takes its certificate from this Secret. */
export function usesSecret({ spec }: Ingress, secret: string): boolean {
  return (spec?.tls ?? []).some(({ secretName }) => secretName === secret);
}

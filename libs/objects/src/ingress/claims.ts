import type { Ingress, IngressBackend } from '#api/types';

/*
 * Several Ingresses share one front: each claims hosts and paths, and for its hosts a certificate. Of two that claim the same the older one
 * has it, whatever the namespaces, so that nobody takes over what another one serves already.
 */

/** One host and path, and where it leads. */
export interface RouteClaim {
  /** A name, `*.` and a name (one label more), or `*` for whatever no other host of an Ingress is. */
  host: string;
  /** Without the slash at its end where `match` is 'prefix', so `''` is every path. */
  path: string;
  match: 'exact' | 'prefix';
  backend: IngressBackend;
  ingress: Ingress;
}

/** Whose certificate clients get that ask for a host. `*`: those that ask for a host that nobody claims, or for none. */
export interface CertificateClaim {
  host: string;
  namespace: string;
  secretName: string;
  ingress: Ingress;
}

/** A claim that an older Ingress has already. */
export interface LostClaim {
  ingress: Ingress;
  /** Of a route; a certificate has none. */
  path?: string;
  host: string;
  winner: Ingress;
}

export interface IngressClaims {
  routes: RouteClaim[];
  certificates: CertificateClaim[];
  lost: LostClaim[];
}

const anyHost = '*';

/** Who has what. Pure; the order of `ingresses` does not matter. */
export function ingressClaims(ingresses: readonly Ingress[]): IngressClaims {
  const byAge = ingresses.toSorted(older);
  const lost: LostClaim[] = [];
  const routes = new Map<string, RouteClaim>();
  const claim = (route: RouteClaim, isRule: boolean): void => {
    const key = `${route.host}${route.path}${route.match === 'prefix' ? '/' : ''} ${route.match}`;
    const winner = routes.get(key)?.ingress;
    if (winner === undefined) routes.set(key, route);
    else if (winner !== route.ingress && isRule) {
      lost.push({ ingress: route.ingress, host: route.host, path: route.path || '/', winner });
    }
  };
  for (const ingress of byAge) for (const route of routesOf(ingress)) claim(route, true);
  // What no rule of any Ingress asks for: first the hosts that an Ingress names, then all others; before all of those, Ingresses that are
  // nothing but a default backend.
  for (const ingress of byAge)
    for (const host of hostsOf(ingress)) for (const route of defaultOf(ingress, host)) claim(route, host === anyHost);
  for (const ingress of byAge) for (const route of defaultOf(ingress, anyHost)) claim(route, false);
  return { routes: [...routes.values()], certificates: certificateClaims(byAge, lost), lost };
}

/** networking/v1, HTTPIngressPath: what is `ImplementationSpecific` is a prefix here, of everything unless it says a path. */
function routesOf(ingress: Ingress): RouteClaim[] {
  return (ingress.spec?.rules ?? []).flatMap(({ host, http }) =>
    (http?.paths ?? []).map(({ path, pathType, backend }): RouteClaim => {
      const to = { host: host || anyHost, backend, ingress };
      return pathType === 'Exact'
        ? { ...to, path: path ?? '/', match: 'exact' }
        : { ...to, path: (path ?? '').replace(/\/+$/, ''), match: 'prefix' };
    }),
  );
}

function defaultOf(ingress: Ingress, host: string): RouteClaim[] {
  const backend = ingress.spec?.defaultBackend;
  return backend ? [{ host, path: '', match: 'prefix', backend, ingress }] : [];
}

/** The hosts of its rules; all of them where it has no rules, or one without a host. */
function hostsOf({ spec }: Ingress): string[] {
  const rules = spec?.rules ?? [];
  return rules.length === 0 ? [anyHost] : [...new Set(rules.map(({ host }) => host || anyHost))];
}

/** networking/v1, IngressTLS: an entry without hosts is for those of the rules. */
function certificateClaims(byAge: readonly Ingress[], lost: LostClaim[]): CertificateClaim[] {
  const claims = new Map<string, CertificateClaim>();
  for (const ingress of byAge) {
    const { namespace = '' } = ingress.metadata;
    for (const { hosts, secretName } of ingress.spec?.tls ?? []) {
      if (!secretName) continue;
      for (const host of hosts?.length ? hosts : hostsOf(ingress)) {
        const winner = claims.get(host);
        if (!winner) claims.set(host, { host, namespace, secretName, ingress });
        else if (winner.ingress !== ingress && (winner.namespace !== namespace || winner.secretName !== secretName)) {
          lost.push({ ingress, host, winner: winner.ingress });
        }
      }
    }
  }
  return [...claims.values()];
}

/** By their time of creation; of one second by namespace and name. */
function older(a: Ingress, b: Ingress): number {
  const made = ({ metadata }: Ingress): string => metadata.creationTimestamp ?? '';
  const named = ({ metadata }: Ingress): string => `${metadata.namespace}/${metadata.name}`;
  if (made(a) !== made(b)) return made(a) < made(b) ? -1 : 1;
  return named(a) < named(b) ? -1 : 1;
}

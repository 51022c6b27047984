import type { PolicyOf, ServerParts } from '#api-server/contract';
import type { Clock, Random } from '#base';
import type { Logger } from '#telemetry';
import { admissionPlugins, type PodSecurityConfiguration } from './admission/index.ts';
import { withBootstrapTokens } from './authentication/bootstrap-tokens.ts';
import { createServiceAccountTokens } from './authentication/service-account-tokens.ts';
import { createAuthorizer, startRoleAggregation } from './authorization/index.ts';
import { bootstrap } from './bootstrap/bootstrap.ts';
import { Presence } from './bootstrap/presence.ts';

/** What the application configures of the policy. Keys and addresses are fixed for the life of the process. */
export interface PolicyOptions {
  clock: Clock;
  random: Random;
  logger: Logger;
  /** PEM of the key that signs service-account tokens, and who they are said to come from. */
  serviceAccounts: { keyPem: string; issuer: string };
  /** Where clients in the cluster reach this server. */
  advertise: { address: string; port: number; grpcPort: number };
  /** PEM that clients verify this server with; without it nobody is told how to join. */
  rootCa?: string;
  serviceCidrs: readonly string[];
  /** Name of the class of Ingresses that name none, made with the cluster's first objects; none is made where nothing serves it. */
  defaultIngressClass?: string;
  /** Defaults and exemptions of Pod Security; upstream's unless given. */
  podSecurity?: PodSecurityConfiguration;
}

/** Kubernetes' own policy: RBAC and node authorization, the admission plugins, and what every cluster holds from its first moment. */
export function createPolicy(options: PolicyOptions): PolicyOf {
  const { clock, random, logger, advertise, rootCa, serviceCidrs, defaultIngressClass, podSecurity } = options;
  const { issuer } = options.serviceAccounts;
  return (view) => {
    const authorizer = createAuthorizer(view);
    const tokens = createServiceAccountTokens({ ...options.serviceAccounts, view, clock, random });
    const review = withBootstrapTokens((token, audiences) => tokens.review(token, audiences), { view, clock, issuer });
    return {
      authorizer,
      rules: (user, namespace) => authorizer.rulesFor(user, namespace),
      admission: admissionPlugins({ authorizer, clock, random, podSecurity }),
      tokens: {
        review,
        issue: (claims) => tokens.issue(claims),
        jwks: () => tokens.jwks(),
        discovery: (externalUrl) => tokens.discovery(externalUrl),
      },
      async begin(server: ServerParts, signal: AbortSignal) {
        const parts = { ...server, clock, logger, advertise, rootCa, serviceCidrs, defaultIngressClass };
        await bootstrap(parts);
        const presence = new Presence(parts, random.uuid());
        await presence.renew();
        signal.addEventListener('abort', startRoleAggregation(server.service, view, logger), { once: true });
        return { kept: presence.run(signal) };
      },
    };
  };
}

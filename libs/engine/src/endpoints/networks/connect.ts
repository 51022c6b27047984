import { bool, orNull, struct, text } from '../../containers/decode.ts';
import { connect, disconnect } from '../../containers/memberships.ts';
import { endpointShape } from '../../containers/settings.ts';
import { badParameter } from '../../errors.ts';
import type { Endpoint } from '../../http/endpoint.ts';
import { jsonBody } from '../../http/json-body.ts';

const joining = struct({ Container: text(), EndpointConfig: orNull(endpointShape) });
const leaving = struct({ Container: text(), Force: bool });

/** Containers come into networks and go. */
export const membership: readonly Endpoint[] = [
  {
    method: 'POST',
    path: '/networks/{id}/connect',
    async handle({ param, body }, engine) {
      const { Container, EndpointConfig } = joining((await jsonBody(body)) ?? {}, 'NetworkConnect');
      if (Container === '') throw badParameter('no container is given');
      const network = engine.networks.book.find(param('id'));
      await connect(engine.containers, await engine.findOwn(Container), network, EndpointConfig ?? {});
      return { status: 200, text: '' };
    },
  },
  {
    method: 'POST',
    path: '/networks/{id}/disconnect',
    async handle({ param, body }, engine) {
      const { Container } = leaving((await jsonBody(body)) ?? {}, 'NetworkDisconnect');
      const network = engine.networks.book.find(param('id'));
      await disconnect(engine.containers, await engine.findOwn(Container), network);
      return { status: 200, text: '' };
    },
  },
];

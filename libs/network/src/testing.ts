export { Responder } from './dns/responder.ts';
export type { Zone } from './dns/zone.ts';
export { endpoint, route } from './testing/routes.ts';

export { Responder } from './dns/responder.ts';
export { answerFrom, type Zone } from './dns/zone.ts';
export { endpoint, route } from './testing/routes.ts';

export { endpoint, route } from './testing/routes.ts';

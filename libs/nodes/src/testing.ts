export { frame, StreamServer, success } from './testing/stream-server.ts';

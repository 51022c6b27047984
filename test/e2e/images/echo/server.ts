// What an Ingress may lead to besides plain HTTP: a WebSocket that echoes (8080), and gRPC without TLS (8081). Runs in a pod that sees this machine.
import { createServer } from 'node:http';
import {
  type MethodDefinition,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServerUnaryCall,
  type sendUnaryData,
} from '@grpc/grpc-js';
import { type RawData, WebSocketServer } from 'ws';

const http = createServer((request, response) => response.end(`echo ${request.url} ${JSON.stringify(request.headers)}\n`));
new WebSocketServer({ server: http }).on('connection', (socket) => {
  socket.on('message', (message: RawData) => socket.send(message, { binary: false }));
});
http.listen(8080);

const bytes = (value: Buffer): Buffer => value;
const method = (path: string, isStream: boolean): MethodDefinition<Buffer, Buffer> => ({
  path,
  requestStream: isStream,
  responseStream: isStream,
  requestSerialize: bytes,
  requestDeserialize: bytes,
  responseSerialize: bytes,
  responseDeserialize: bytes,
});
const grpc = new Server();
grpc.addService(
  { once: method('/test.Echo/Once', false), stream: method('/test.Echo/Stream', true) },
  {
    once: (call: ServerUnaryCall<Buffer, Buffer>, answer: sendUnaryData<Buffer>) => answer(null, call.request),
    stream: (call: ServerDuplexStream<Buffer, Buffer>) => call.on('data', (message) => call.write(message)).on('end', () => call.end()),
  },
);
grpc.bindAsync('0.0.0.0:8081', ServerCredentials.createInsecure(), () => undefined);
process.on('SIGTERM', () => process.exit(0));

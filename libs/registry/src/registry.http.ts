import { All, Controller, Inject, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { OciRegistry } from './registry.ts';

/** Hands `/v2/…` and the web page to the registry. Blobs go between socket and disk as streams, so the framework's reply is stepped over. */
@Controller()
export class RegistryHttp {
  constructor(@Inject(OciRegistry) private readonly registry: OciRegistry) {}

  @All(['', 'ui', 'ui/*', 'v2', 'v2/*'])
  async v2(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    reply.hijack();
    await this.registry.handle(request.raw, reply.raw);
  }
}

import { type DynamicModule, Module } from '@nestjs/common';
import type { Registry } from 'prom-client';
import { systemClock, systemRandom } from '#base';
import { FileDriver, OciRegistry, RegistryHttp, RegistryMetrics, type RegistryOptions } from '#registry';
import type { Logger } from '#telemetry';

@Module({})
export class AppModule {
  static with(
    options: { rootDir: string; logger: Logger; metrics: Registry } & Pick<RegistryOptions, 'access' | 'settings' | 'openUpstream'>,
  ): DynamicModule {
    const { rootDir, ...rest } = options;
    const registry = new OciRegistry({
      ...rest,
      driver: new FileDriver(rootDir),
      clock: systemClock,
      random: systemRandom,
      metrics: new RegistryMetrics(options.metrics),
    });
    return { module: AppModule, controllers: [RegistryHttp], providers: [{ provide: OciRegistry, useValue: registry }] };
  }
}
